/* The board: start-up without a C library, and semihosting, by which the emulator lends its host's files and terminal. */
#include "board.h"

#include <stdint.h>

int main(void);

extern uint32_t stack_bottom[], stack_top[], bss_start[], data_start[], data_end[], data_load[];

/* No value that a program leaves behind. */
#define PAINT 0xa5c35a3cu

static uint32_t semihosting(uint32_t operation, const void *arguments)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

int board_open(const char *name)
{
    /* SYS_OPEN, mode "rb" */
    const uint32_t arguments[3] = {(uint32_t)name, 1, (uint32_t)length_of(name)};
    return (int)semihosting(0x01, arguments);
}

int board_read(int file, void *buffer, size_t size)
{
    /* SYS_READ gives the number of bytes that it did not read. */
    const uint32_t arguments[3] = {(uint32_t)file, (uint32_t)buffer, (uint32_t)size};
    uint32_t left = semihosting(0x06, arguments);
    return left > size ? -1 : (int)(size - left);
}

void board_print(const char *text)
{
    /* SYS_WRITE0 */
    semihosting(0x04, text);
}

void board_print_number(unsigned number)
{
    char digits[11];
    char *digit = digits + sizeof digits - 1;
    *digit = '\0';
    do
        *--digit = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    board_print(digit);
}

unsigned board_stack(void)
{
    const volatile uint32_t *word = stack_bottom;
    while (word < stack_top && *word == PAINT)
        word++;
    return (unsigned)((uintptr_t)stack_top - (uintptr_t)word);
}

/* Timer 0 counts down at 25 MHz: its registers are CTRL, VALUE, RELOAD. */
static volatile uint32_t *const timer = (volatile uint32_t *)0x40000000;

static void start_timer(void)
{
    timer[2] = timer[1] = UINT32_MAX;
    timer[0] = 1;
}

unsigned board_microseconds(void)
{
    return (unsigned)((UINT32_MAX - timer[1]) / 25);
}

void board_exit(int code)
{
    /* SYS_EXIT_EXTENDED: the application has ended by itself, with this code. */
    const uint32_t arguments[2] = {0x20026, (uint32_t)code};
    for (;;)
        semihosting(0x20, arguments);
}

void reset(void)
{
    volatile uint32_t *word;
    /* Not what this function has on it itself. */
    const uintptr_t unused = (uintptr_t)&word - 128;
    const uint32_t *load = data_load;
    for (word = data_start; word < data_end; word++)
        *word = *load++;
    for (word = bss_start; word < stack_bottom; word++)
        *word = 0;
    for (word = stack_bottom; (uintptr_t)word < unused; word++)
        *word = PAINT;
    start_timer();
    board_exit(main());
}

static void fault(void)
{
    board_exit(3);
}

typedef union {
    const void *stack;
    void (*handler)(void);
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = stack_top}, {.handler = reset}, {.handler = fault}, {.handler = fault},
    {.handler = fault},   {.handler = fault}, {.handler = fault},
};
