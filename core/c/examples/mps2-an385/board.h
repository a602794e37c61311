/* What main.c needs of a board: files, words to the outside, and how much stack and time was used. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>

/* A file of the host, to be read. Negative where there is none. */
int board_open(const char *name);

/* Reads up to `size` bytes; how many there were, 0 at the end, negative for an error. */
int board_read(int file, void *buffer, size_t size);

void board_print(const char *text);
void board_print_number(unsigned number);

/* Bytes of the stack that were used since the reset. */
unsigned board_stack(void);

/* Microseconds since the reset; in the emulator a thousand instructions are one. */
unsigned board_microseconds(void);

/* Ends the emulator. */
void board_exit(int code);

#endif
