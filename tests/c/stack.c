/*
 * How much stack the library takes on a machine with threads: verifies TRUST-POLICY BUNDLE PACKAGE in a thread whose stack was painted before, asks for all that there
 * is to ask, and prints the result and the bytes that were written to beside those of a thread that does nothing.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep.h"

enum { SIZE = 1 << 20, PAINT = 0xa5 };

struct file {
    unsigned char *bytes;
    size_t size;
};

static struct file trust_policy, bundle, package;
static sitrep_context context;
static char verdict[1 << 20];
static sitrep_result result;

static struct file read_file(const char *path)
{
    struct file whole = {malloc(SIZE), 0};
    FILE *file = fopen(path, "rb");
    if (file == NULL || whole.bytes == NULL)
        exit(2);
    whole.size = fread(whole.bytes, 1, SIZE, file);
    fclose(file);
    return whole;
}

static void *nothing(void *unused)
{
    return unused;
}

static void *verify(void *unused)
{
    sitrep_request request = {0};
    sitrep_finding finding;
    size_t index, length;
    request.trust_policy = trust_policy.bytes;
    request.trust_policy_size = trust_policy.size;
    request.bundle = bundle.bytes;
    request.bundle_size = bundle.size;
    result = sitrep_begin(&context, sizeof context, &request);
    if (result == SITREP_CONTINUE)
        result = sitrep_update(&context, package.bytes, package.size);
    if (result == SITREP_CONTINUE)
        result = sitrep_finish(&context);
    for (index = 0; sitrep_get_finding(&context, index, &finding) == SITREP_CONTINUE; index++)
        continue;
    sitrep_verdict_json(&context, &request, verdict, sizeof verdict, &length);
    return unused;
}

static size_t stack_of(void *(*work)(void *))
{
    unsigned char *stack;
    pthread_attr_t attributes;
    pthread_t thread;
    void *memory;
    size_t untouched = 0;
    if (posix_memalign(&memory, 4096, SIZE) != 0)
        exit(2);
    stack = memset(memory, PAINT, SIZE);
    if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstack(&attributes, stack, SIZE) != 0 ||
        pthread_create(&thread, &attributes, work, NULL) != 0 || pthread_join(thread, NULL) != 0)
        exit(2);
    while (untouched < SIZE && stack[untouched] == PAINT)
        untouched++;
    free(memory);
    return SIZE - untouched;
}

int main(int count, char **arguments)
{
    size_t without, with;
    if (count != 4)
        return 2;
    trust_policy = read_file(arguments[1]);
    bundle = read_file(arguments[2]);
    package = read_file(arguments[3]);
    without = stack_of(nothing);
    with = stack_of(verify);
    printf("%zu %s\n", with - without, sitrep_code_name(result));
    return 0;
}
