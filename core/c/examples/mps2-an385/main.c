/*
 * A device that takes an image piece by piece: is it what the supply chain produced? On a real device the trust policy and the bundle would lie in
 * flash, and the pieces would come from a radio and go to flash; here all three are files beside the emulator.
 *
 * Exit code: 0 verified, 1 refused, 2 a file is missing; 3 the processor faulted.
 */
#define SITREP_PROFILE_DEVICE
#include "sitrep.h"

#include "board.h"

static sitrep_context context;
static unsigned char trust_policy[1024], bundle[8192], piece[512];

/* Reads a file that fits the buffer. 0 where there is none. */
static size_t read_file(const char *name, unsigned char *buffer, size_t room)
{
    int file = board_open(name), count = 0;
    size_t size = 0;
    while (file >= 0 && size < room && (count = board_read(file, buffer + size, room - size)) > 0)
        size += (size_t)count;
    return size;
}

static void print_findings(void)
{
    static const char *const words[] = {
        [SITREP_WHERE_STEP] = "at step ", [SITREP_WHERE_RULE] = "at rule ", [SITREP_WHERE_KEY] = "at key ",
        [SITREP_WHERE_ARTIFACT] = "at artifact ", [SITREP_WHERE_ATTESTATION] = "at attestation ",
        [SITREP_SIGNED_BY] = "layout signed by ", [SITREP_STEP] = "step ", [SITREP_VOUCHED_BY] = "  vouched for by ",
        [SITREP_WARNING] = "warning ", [SITREP_CUT] = "and more",
    };
    sitrep_finding finding;
    size_t index;
    for (index = 0; sitrep_get_finding(&context, index, &finding) == SITREP_CONTINUE; index++) {
        board_print("  ");
        board_print(words[finding.kind]);
        if (finding.kind == SITREP_WARNING)
            board_print(sitrep_code_name(finding.code));
        board_print(finding.text);
        board_print("\n");
    }
}

int main(void)
{
    sitrep_request request = {0};
    sitrep_result result;
    int image = board_open("image.bin"), size;
    unsigned took;
    request.trust_policy = trust_policy;
    request.trust_policy_size = read_file("trust.bin", trust_policy, sizeof trust_policy);
    request.bundle = bundle;
    request.bundle_size = read_file("bundle.sitrep", bundle, sizeof bundle);
    if (image < 0 || request.trust_policy_size == 0 || request.bundle_size == 0)
        return 2;

    took = board_microseconds();
    result = sitrep_begin(&context, sizeof context, &request);
    while (result == SITREP_CONTINUE && (size = board_read(image, piece, sizeof piece)) > 0)
        result = sitrep_update(&context, piece, (size_t)size);
    if (result == SITREP_CONTINUE)
        result = sitrep_finish(&context);
    took = board_microseconds() - took;

    board_print(result == SITREP_VERIFIED ? "" : "refused: ");
    board_print(sitrep_code_name(result));
    board_print("\n");
    print_findings();
    board_print("stack ");
    board_print_number(board_stack());
    board_print("\ncontext ");
    board_print_number((unsigned)sizeof context);
    board_print(" of which used ");
    board_print_number((unsigned)sitrep_context_size());
    board_print("\ntook ");
    board_print_number(took);
    board_print("\n");
    return result == SITREP_VERIFIED ? 0 : 1;
}
