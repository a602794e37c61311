/*
 * An installer: copies a package to its place, if the package is what its project owner's supply chain produced.
 *
 *     install TRUST-POLICY BUNDLE PACKAGE TARGET [VERDICT.json]
 *
 * The package is read once, in pieces; each goes through sitrep and into TARGET.part, so that what was verified is what was written.
 * TARGET.part becomes TARGET after the last piece, when sitrep has said yes to all of them, and is deleted otherwise.
 *
 * Exit code: 0 installed, 1 refused, 2 could not try.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sitrep.h"

enum { INSTALLED = 0, REFUSED = 1, NOT_TRIED = 2 };

/* The context of the profile `host` is too large for many stacks. */
static sitrep_context context;

static void complain(const char *what, const char *path)
{
    fprintf(stderr, "install: error: %s %s: %s\n", what, path, strerror(errno));
}

/* Reads a whole file. NULL where that fails. */
static void *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t room = 0;
    *size = 0;
    while (file != NULL && !feof(file) && !ferror(file)) {
        if (*size == room) {
            char *more = realloc(bytes, room += 65536);
            if (more == NULL)
                break;
            bytes = more;
        }
        *size += fread(bytes + *size, 1, room - *size, file);
    }
    if (file == NULL || !feof(file)) {
        complain("cannot read", path);
        free(bytes);
        bytes = NULL;
    }
    if (file != NULL)
        fclose(file);
    return bytes;
}

/* What sitrep found out, also where it refused. */
static void print_findings(FILE *out)
{
    sitrep_finding finding;
    size_t index;
    for (index = 0; sitrep_get_finding(&context, index, &finding) == SITREP_CONTINUE; index++) {
        switch (finding.kind) {
        case SITREP_WHERE_STEP: fprintf(out, "  at step %s\n", finding.text); break;
        case SITREP_WHERE_RULE: fprintf(out, "  at rule %s\n", finding.text); break;
        case SITREP_WHERE_KEY: fprintf(out, "  at key %s\n", finding.text); break;
        case SITREP_WHERE_ARTIFACT: fprintf(out, "  at artifact %s\n", finding.text); break;
        case SITREP_WHERE_ATTESTATION: fprintf(out, "  at attestation %s\n", finding.text); break;
        case SITREP_SIGNED_BY: fprintf(out, "  layout signed by %s\n", finding.text); break;
        case SITREP_STEP: fprintf(out, "  step %s\n", finding.text); break;
        case SITREP_VOUCHED_BY: fprintf(out, "    vouched for by %s\n", finding.text); break;
        case SITREP_WARNING:
            fprintf(out, "  warning %s: %s\n", sitrep_code_name(finding.code), sitrep_code_message(finding.code));
            break;
        default: fprintf(out, "  and more\n"); break;
        }
    }
}

/* Sends the package through sitrep and into `to`, in pieces. */
static sitrep_result stream(FILE *from, int to, int *failed)
{
    static char piece[4096];
    sitrep_result result = SITREP_CONTINUE;
    size_t size;
    while (result == SITREP_CONTINUE && (size = fread(piece, 1, sizeof piece, from)) > 0) {
        result = sitrep_update(&context, piece, size);
        if (write(to, piece, size) != (ssize_t)size) {
            *failed = 1;
            return result;
        }
    }
    *failed = ferror(from) || fsync(to) != 0;
    return result == SITREP_CONTINUE && !*failed ? sitrep_finish(&context) : result;
}

/* Writes what `sitrep verify --json` would print. */
static void write_verdict(const char *path, const sitrep_request *request)
{
    size_t size = 4096, length;
    char *text = malloc(size);
    FILE *file;
    /* A verdict is as long as the supply chain is. */
    while (text != NULL && sitrep_verdict_json(&context, request, text, size, &length) == SITREP_CALL_BUFFER) {
        free(text);
        text = malloc(size *= 2);
    }
    file = text == NULL ? NULL : fopen(path, "w");
    if (file == NULL || fprintf(file, "%s\n", text) < 0)
        complain("cannot write", path);
    if (file != NULL)
        fclose(file);
    free(text);
}

static int install(const sitrep_request *request, const char *package, const char *target, const char *verdict)
{
    char *part = malloc(strlen(target) + sizeof ".part");
    FILE *from = fopen(package, "rb");
    sitrep_result result;
    int to = -1, failed = 0, code = NOT_TRIED;
    if (part == NULL || from == NULL) {
        complain("cannot read", package);
        goto end;
    }
    /* The supply chain first: a bundle that is refused leaves no trace on the disk. */
    result = sitrep_begin(&context, sizeof context, request);
    if (result == SITREP_CONTINUE) {
        strcat(strcpy(part, target), ".part");
        to = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
        if (to < 0) {
            complain("cannot create", part);
            goto end;
        }
        result = stream(from, to, &failed);
    }
    if (failed) {
        complain("cannot copy to", part);
    } else if (result == SITREP_VERIFIED) {
        if (rename(part, target) == 0) {
            code = INSTALLED;
            printf("installed %s\n", target);
        } else {
            complain("cannot rename", part);
        }
        print_findings(stdout);
    } else {
        code = REFUSED;
        fprintf(stderr, "install: refused: %s: %s\n", sitrep_code_name(result), sitrep_code_message(result));
        fprintf(stderr, "install: hint: %s\n", sitrep_code_hint(result));
        print_findings(stderr);
    }
    if (verdict != NULL && !failed)
        write_verdict(verdict, request);
end:
    if (to >= 0) {
        close(to);
        if (code != INSTALLED)
            unlink(part);
    }
    if (from != NULL)
        fclose(from);
    free(part);
    return code;
}

int main(int argc, char **argv)
{
    sitrep_request request = {0};
    void *trust_policy = NULL, *bundle = NULL;
    int code = NOT_TRIED;
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: install TRUST-POLICY BUNDLE PACKAGE TARGET [VERDICT.json]\n");
        return NOT_TRIED;
    }
    trust_policy = read_file(argv[1], &request.trust_policy_size);
    bundle = read_file(argv[2], &request.bundle_size);
    if (trust_policy != NULL && bundle != NULL) {
        request.trust_policy = trust_policy;
        request.bundle = bundle;
        request.now = (uint64_t)time(NULL);
        code = install(&request, argv[3], argv[4], argc == 6 ? argv[5] : NULL);
    }
    free(trust_policy);
    free(bundle);
    return code;
}
