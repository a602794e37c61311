/*
 * Calls the library in a random order with random arguments, and knows for every call what it must say.
 *
 *     hostile TRUST-POLICY BUNDLE PACKAGE SEED CALLS
 *
 * All memory that the library sees ends at a page that nobody may touch, so that one byte too many ends the program, whoever reads it. The model of
 * a context is below: was a genuine verification begun, and were its bytes so far the package's? Only then may, and must, it be verified.
 *
 * Exit code: 0 as expected, 1 a call said something else, 2 wrong usage. Prints how often what happened.
 */
#define _DEFAULT_SOURCE

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sitrep.h"

/* More than a path may have in either profile. */
#define LONG_NAME 4097
#define CONTEXTS 3
#define NOW 1800000000u /* 2027 */

static unsigned long long random_state;
static sitrep_request genuine;

static size_t below(size_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(random_state >> 33) % limit;
}

/* `size` bytes, up to a page that cannot be read or written. */
static unsigned char *fenced(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;
    unsigned char *start = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || mprotect(start + whole, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(2);
    }
    return start + whole - size;
}

/* Lends memory up to its page's end to the library for a call, or takes it back: what a context still wanted of it would end the program. */
static void lend(const void *bytes, int is_lent)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *start = (char *)(uintptr_t)bytes - (uintptr_t)bytes % page;
    /* Until the fence, which begins where the pages of `fenced` end. */
    if (mprotect(start, page, is_lent ? PROT_READ : PROT_NONE) != 0) {
        perror("mprotect");
        exit(2);
    }
}

static void lend_request(int is_lent)
{
    lend(genuine.trust_policy, is_lent);
    lend(genuine.bundle, is_lent);
}

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    *size = (size_t)ftell(file);
    rewind(file);
    bytes = fenced(*size);
    if (fread(bytes, 1, *size, file) != *size) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return bytes;
}

/* What a context must be. */
enum phase { UNKNOWN, STREAMING, VERIFIED, REFUSED };
struct model {
    enum phase phase;
    /* How many bytes of the package it was given, and was it anything else. */
    size_t given;
    int is_wrong;
    /* Of a refusal. */
    sitrep_result result;
};

static sitrep_context *contexts[CONTEXTS];
static struct model models[CONTEXTS];
static unsigned char *package, *changed, *piece;
static size_t package_size;
static char *name_without_end, *text;
static sitrep_finding *finding;
static unsigned long calls, counts[8];
static const char *const count_names[8] = {"begun", "begins refused", "pieces", "verified", "artifacts refused", "findings", "verdicts", "wrong calls"};
enum { BEGUN, NOT_BEGUN, PIECES, YES, NO, FINDINGS, VERDICTS, WRONG };

static void expect(int is_good, const char *what, sitrep_result result)
{
    if (!is_good) {
        printf("call %lu: %s: unexpected result %d %s\n", calls, what, (int)result, sitrep_code_name(result));
        exit(1);
    }
}

static int is_refusal(sitrep_result result)
{
    return (result >= 100 && result < 1000) || (result >= 2000 && result < 2006);
}

static void *misplaced(void)
{
    switch (below(4)) {
    case 0: return NULL;
    case 1: return (char *)contexts[0] + 1 + below(15);
    case 2: return (void *)((UINTPTR_MAX - below(64)) | 1);
    default: return (void *)(1 + below(15));
    }
}

static void begin(int which)
{
    sitrep_context *context = contexts[which];
    struct model *model = &models[which];
    sitrep_request request = genuine;
    size_t context_size = sizeof *context;
    /* -1: any refusal */
    sitrep_result expected = SITREP_CONTINUE, result;
    switch (below(28)) {
    case 0: request.trust_policy = NULL; expected = SITREP_CALL_ARGUMENT; break;
    case 1: request.bundle = NULL; expected = SITREP_CALL_ARGUMENT; break;
    case 2: request.trust_policy_size = SIZE_MAX - below(64); expected = SITREP_CALL_ARGUMENT; break;
    case 3: request.bundle_size = (SIZE_MAX >> 1) + 1 + below(64); expected = SITREP_CALL_ARGUMENT; break;
    case 4: request.bundle_size = below(request.bundle_size); expected = -1; break;
    case 5: request.trust_policy_size = below(request.trust_policy_size); expected = -1; break;
    case 6:
        /* Somewhere in the bundle, or all of the rest of it. */
        memcpy(changed, genuine.bundle, genuine.bundle_size);
        changed[below(genuine.bundle_size)] ^= (unsigned char)(1 << below(8));
        request.bundle = changed;
        /* Bits that nothing depends on: a key id's, the profile's. What the chain then says is the owner's word all the same. */
        expected = -2;
        break;
    case 7: request.artifact = "not-the-policy's"; expected = SITREP_TRUST_ARTIFACT; break;
    case 8: request.artifact = name_without_end; expected = SITREP_CALL_ARGUMENT; break;
    case 9: request.artifact = "\xff\xfe"; expected = SITREP_CALL_ARGUMENT; break;
    case 10: request.product = "door"; expected = SITREP_CALL_ARGUMENT; break;
    case 11: request.product = request.hardware = "door"; expected = SITREP_ATTESTATION_MISSING; break;
    case 12: request.security_version = 1 + (uint32_t)below(1000); expected = SITREP_ATTESTATION_MISSING; break;
    case 13: request.earliest_time = UINT64_MAX - below(1000); expected = SITREP_LAYOUT_EXPIRED; break;
    case 14: request.trust_policy = (char *)context + below(sitrep_context_size()); expected = SITREP_CALL_OVERLAP; break;
    case 15: request.bundle = (char *)context - below(request.bundle_size); expected = SITREP_CALL_OVERLAP; break;
    default: break;
    }
    if (below(40) == 0) {
        /* The context itself is wrong: nothing is written. */
        void *wrong = context;
        if (below(2))
            context_size = below(sitrep_context_size());
        else
            wrong = misplaced();
        result = sitrep_begin(wrong, wrong == context ? context_size : sizeof *context, &request);
        expect(result == SITREP_CALL_CONTEXT, "begin without a context", result);
        counts[WRONG]++;
        return;
    }
    if (below(40) == 0) {
        result = sitrep_begin(context, context_size, below(2) ? NULL : (sitrep_request *)(void *)((char *)&request + 1));
        expect(result == SITREP_CALL_ARGUMENT, "begin without a request", result);
        expected = result;
    } else {
        result = sitrep_begin(context, context_size, &request);
        if (expected == -2)
            expect(result == SITREP_CONTINUE || is_refusal(result), "begin with a changed bundle", result);
        else if (expected == -1)
            expect(is_refusal(result), "begin with a cut file", result);
        else
            expect(result == expected, "begin", result);
    }
    model->phase = result == SITREP_CONTINUE ? STREAMING : REFUSED;
    model->result = result;
    model->given = 0;
    model->is_wrong = 0;
    counts[result == SITREP_CONTINUE ? BEGUN : NOT_BEGUN]++;
}

static void update(int which)
{
    struct model *model = &models[which];
    const void *data = piece;
    size_t size = 0;
    sitrep_result result, wrong = 0;
    int is_next = 0;
    switch (below(48)) {
    case 0: data = NULL; size = 1 + below(100); wrong = SITREP_CALL_ARGUMENT; break;
    case 1: size = (SIZE_MAX >> 1) + 1 + below(1000); wrong = SITREP_CALL_ARGUMENT; break;
    case 2: data = (char *)contexts[which] + below(sitrep_context_size()); size = 1 + below(100); wrong = SITREP_CALL_OVERLAP; break;
    case 3: data = misplaced(); break; /* nothing, wherever */
    case 4:
        size = 1 + below(64);
        data = piece + 64 - size;
        break;
    default:
        /* The next piece, by the package's last page. */
        size = package_size - model->given < below(64) ? 0 : below(package_size - model->given + 1);
        if (below(2))
            size = package_size - model->given;
        data = package + model->given;
        is_next = 1;
        break;
    }
    result = sitrep_update(contexts[which], data, size);
    switch (model->phase) {
    case UNKNOWN: expect(result == SITREP_CALL_CONTEXT, "update of no context", result); return;
    case REFUSED: expect(result == model->result, "update after a refusal", result); return;
    case VERIFIED: wrong = wrong != 0 ? wrong : SITREP_CALL_ORDER; break;
    case STREAMING: break;
    }
    if (wrong != 0) {
        expect(result == wrong, "wrong update", result);
        model->phase = REFUSED;
        model->result = wrong;
        counts[WRONG]++;
        return;
    }
    expect(result == SITREP_CONTINUE, "update", result);
    if (is_next)
        model->given += size;
    else if (size > 0)
        model->is_wrong = 1;
    counts[PIECES]++;
}

static void finish(int which)
{
    struct model *model = &models[which];
    sitrep_result result = sitrep_finish(contexts[which]);
    switch (model->phase) {
    case UNKNOWN: expect(result == SITREP_CALL_CONTEXT, "finish of no context", result); return;
    case REFUSED: expect(result == model->result, "finish after a refusal", result); return;
    case VERIFIED: expect(result == SITREP_CALL_ORDER, "finish after the end", result); break;
    case STREAMING:
        if (!model->is_wrong && model->given == package_size) {
            expect(result == SITREP_VERIFIED, "finish of the package", result);
            model->phase = VERIFIED;
            counts[YES]++;
            return;
        }
        expect(result == SITREP_ARTIFACT_DIGEST, "finish of something else", result);
        counts[NO]++;
        break;
    }
    model->phase = REFUSED;
    model->result = result;
}

static void get(int which)
{
    struct model *model = &models[which];
    size_t index = below(4) ? below(12) : (size_t)0 - below(4);
    sitrep_finding *out = finding;
    sitrep_result result, expected = 0;
    uint32_t version;
    uint64_t seconds;
    if (below(10) == 0) {
        out = NULL;
        expected = SITREP_CALL_ARGUMENT;
    } else if (below(10) == 0) {
        out = (sitrep_finding *)(void *)((char *)contexts[which] + 16 * below(8));
        expected = SITREP_CALL_OVERLAP;
    }
    memset(finding, 0xff, sizeof *finding);
    result = sitrep_get_finding(contexts[which], index, out);
    if (model->phase == UNKNOWN)
        expected = SITREP_CALL_CONTEXT;
    if (expected != 0) {
        expect(result == expected, "wrong get_finding", result);
        return;
    }
    expect(result == SITREP_CONTINUE || result == SITREP_CALL_END, "get_finding", result);
    expect(memchr(finding->text, 0, sizeof finding->text) != NULL, "finding without an end", result);
    counts[FINDINGS]++;

    result = sitrep_get_attested(contexts[which], &version, &seconds);
    expected = model->phase == VERIFIED ? (sitrep_result)SITREP_CONTINUE : model->phase == STREAMING ? (sitrep_result)SITREP_CALL_ORDER : model->result;
    expect(result == expected, "get_attested", result);
    result = sitrep_get_attested(contexts[which], (uint32_t *)(void *)contexts[which], &seconds);
    expect(result == SITREP_CALL_OVERLAP, "get_attested into the context", result);
    result = sitrep_get_attested(contexts[which], below(2) ? NULL : &version, NULL);
    expect(result == SITREP_CALL_ARGUMENT, "get_attested into nothing", result);
}

static void verdict(int which)
{
    struct model *model = &models[which];
    size_t size = below(3) ? 8192 : below(8192), length = 0;
    char *out = text + 8192 - size;
    sitrep_result result = sitrep_verdict_json(contexts[which], &genuine, out, size, below(4) ? &length : NULL);
    if (model->phase == UNKNOWN) {
        expect(result == SITREP_CALL_CONTEXT, "verdict of no context", result);
        return;
    }
    if (size == 0) {
        expect(result == SITREP_CALL_BUFFER, "verdict into nothing", result);
        return;
    }
    if (model->phase == STREAMING) {
        expect(result == SITREP_CALL_ORDER && out[0] == '\0', "verdict too early", result);
        return;
    }
    expect(result == SITREP_CONTINUE || result == SITREP_CALL_BUFFER || result == SITREP_CALL_REQUEST, "verdict", result);
    expect(memchr(out, 0, size) != NULL, "verdict without an end", result);
    if (result == SITREP_CONTINUE) {
        int says_yes = strncmp(out, "{\"verdict\":\"verified\"", 21) == 0;
        expect(says_yes == (model->phase == VERIFIED), "verdict says the contrary", result);
        counts[VERDICTS]++;
    } else {
        expect(out[0] == '\0', "something is left of a verdict", result);
    }
    /* Into what is asked for, and into the context. */
    if (below(4) == 0) {
        result = sitrep_verdict_json(contexts[which], &genuine, (char *)(uintptr_t)genuine.bundle, 10, NULL);
        expect(result == SITREP_CALL_OVERLAP, "verdict over the bundle", result);
        result = sitrep_verdict_json(contexts[which], &genuine, (char *)contexts[which] + 100, 10, NULL);
        expect(result == SITREP_CALL_OVERLAP, "verdict over the context", result);
        result = sitrep_verdict_json(contexts[which], &genuine, text, 8192, (size_t *)(void *)text);
        expect(result == SITREP_CALL_OVERLAP, "length over the verdict", result);
        result = sitrep_verdict_json(contexts[which], &genuine, NULL, 10, NULL);
        expect(result == SITREP_CALL_ARGUMENT, "verdict into NULL", result);
    }
}

int main(int argc, char **argv)
{
    unsigned long limit;
    size_t index;
    int which;
    if (argc != 6)
        return 2;
    random_state = strtoull(argv[4], NULL, 10);
    limit = strtoul(argv[5], NULL, 10);
    memset(&genuine, 0, sizeof genuine);
    genuine.trust_policy = read_file(argv[1], &genuine.trust_policy_size);
    /* Of a policy in JSON, every byte is to count. */
    while (strchr(" \n", ((const char *)genuine.trust_policy)[genuine.trust_policy_size - 1]) != NULL)
        genuine.trust_policy_size--;
    genuine.bundle = read_file(argv[2], &genuine.bundle_size);
    genuine.now = NOW;
    package = read_file(argv[3], &package_size);
    /* One page is lent. */
    if (genuine.trust_policy_size > 4096 || genuine.bundle_size > 4096)
        return 2;
    changed = fenced(genuine.bundle_size);
    piece = fenced(64);
    name_without_end = (char *)fenced(LONG_NAME);
    memset(name_without_end, 'a', LONG_NAME);
    text = (char *)fenced(8192);
    finding = (sitrep_finding *)(void *)fenced(sizeof *finding);
    for (which = 0; which < CONTEXTS; which++) {
        contexts[which] = (sitrep_context *)(void *)fenced(sizeof(sitrep_context));
        memset(contexts[which], (int)below(256), sizeof(sitrep_context));
    }

    for (calls = 0; calls < limit; calls++) {
        int other = (int)below(CONTEXTS);
        which = (int)below(CONTEXTS);
        switch (below(32)) {
        case 0: case 1: lend_request(1); begin(which); lend_request(0); break;
        case 2: case 3: case 4: case 5: case 6: case 7: case 8: case 9: case 10: case 11: case 12: case 13: update(which); break;
        case 14: case 15: case 16: finish(which); break;
        case 17: case 18: case 19: case 20: get(which); break;
        case 21: lend_request(1); verdict(which); lend_request(0); break;
        case 22:
            /* A copy goes on for itself. */
            memmove(contexts[other], contexts[which], sizeof(sitrep_context));
            models[other] = models[which];
            break;
        case 23:
            if (below(4) > 0)
                break;
            sitrep_end(contexts[which]);
            models[which].phase = UNKNOWN;
            break;
        case 24:
            if (below(4) > 0)
                break;
            for (index = 0; index < sizeof(sitrep_context); index += 997)
                ((unsigned char *)contexts[which])[index] = (unsigned char)below(256);
            memset(contexts[which], (int)below(256), 64);
            models[which].phase = UNKNOWN;
            break;
        case 25: {
            void *wrong = misplaced();
            sitrep_end(wrong);
            expect(sitrep_update(wrong, piece, 1) == SITREP_CALL_CONTEXT, "update of nothing", 0);
            expect(sitrep_finish(wrong) == SITREP_CALL_CONTEXT, "finish of nothing", 0);
            expect(sitrep_get_finding(wrong, 0, finding) == SITREP_CALL_CONTEXT, "get_finding of nothing", 0);
            expect(sitrep_verdict_json(wrong, &genuine, text, 10, NULL) == SITREP_CALL_CONTEXT, "verdict of nothing", 0);
            counts[WRONG]++;
            break;
        }
        default: {
            sitrep_result any = (sitrep_result)below(3000) - 10;
            expect(strlen(sitrep_code_name(any)) > 0 && strlen(sitrep_code_message(any)) > 0 && strlen(sitrep_code_hint(any)) > 0, "code", any);
            break;
        }
        }
    }
    printf("%lu calls:", calls);
    for (index = 0; index < 8; index++)
        printf(" %s %lu%s", count_names[index], counts[index], index < 7 ? "," : "\n");
    for (index = 0; index < 8; index++)
        if (counts[index] == 0 && limit >= 10000)
            return 1;
    return 0;
}
