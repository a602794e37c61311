/*
 * sitrep: was this artifact made as its project owner says? For installers and boot loaders.
 *
 *     static sitrep_context context;
 *     sitrep_request request = {0};
 *     request.trust_policy = ...;
 *     request.bundle = ...;
 *     result = sitrep_begin(&context, sizeof context, &request);
 *     while (result == SITREP_CONTINUE && (size = next_piece(buffer)) > 0)
 *         result = sitrep_update(&context, buffer, size);
 *     if (result == SITREP_CONTINUE && sitrep_finish(&context) == SITREP_VERIFIED)
 *         install();
 *
 * Compare with SITREP_VERIFIED, always: no result is 0, so `if (result)` and `if (!result)` say nothing.
 *
 * Whatever is not in order is refused, and stays so until the next sitrep_begin: calls in a wrong order, NULL, buffers that overlap, memory that is no
 * context. What cannot be seen from inside is on you: a pointer with its size, or with its type, means memory that exists; and during a call nobody
 * writes to what it was given, or uses its context (another thread, an interrupt, DMA).
 *
 * Nothing is allocated, nothing is kept in statics, no operating system is called, and none of your functions. Define SITREP_PROFILE_DEVICE before this
 * file where the library was built for the profile `device`: contexts are much smaller then.
 *
 * This file is made from src/ffi.rs; change that.
 */


#ifndef SITREP_H
#define SITREP_H

#include <stddef.h>
#include <stdint.h>

#if !defined(SITREP_PROFILE_DEVICE)
#define SITREP_PROFILE_HOST 1
#endif

#if UINTPTR_MAX > 0xffffffff
#define SITREP_POINTERS_64 1
#else
#define SITREP_POINTERS_32 1
#endif

#if defined(_MSC_VER)
#define SITREP_ALIGNED(bytes) __declspec(align(bytes))
#define SITREP_MUST_USE
#else
#define SITREP_ALIGNED(bytes) __attribute__((aligned(bytes)))
#define SITREP_MUST_USE __attribute__((warn_unused_result))
#endif

/*
 * What calls return: one of the first two, a refusal (core/BUNDLE.md, section 9), or what is wrong with the call.
 */
enum {
    /** The call did its work. Nothing is said about the artifact yet. */
    SITREP_CONTINUE = 0x2b5c63a9,
    /** The artifact is what the supply chain produced. Only sitrep_finish returns it, once. */
    SITREP_VERIFIED = 0x54a39c56,
    /** the file does not start as a sitrep bundle does (bundle-magic) */
    SITREP_BUNDLE_MAGIC = 100,
    /** the bundle is of another format version (bundle-version) */
    SITREP_BUNDLE_VERSION = 101,
    /** the bundle ends too early (bundle-truncated) */
    SITREP_BUNDLE_TRUNCATED = 102,
    /** bytes follow the end of a section (bundle-trailing) */
    SITREP_BUNDLE_TRAILING = 103,
    /** the strings section is damaged (bundle-string) */
    SITREP_BUNDLE_STRING = 104,
    /** the artifacts section is damaged (bundle-artifact) */
    SITREP_BUNDLE_ARTIFACT = 105,
    /** an envelope is damaged (bundle-envelope) */
    SITREP_BUNDLE_ENVELOPE = 106,
    /** a payload's tokens are damaged (bundle-token) */
    SITREP_BUNDLE_TOKEN = 107,
    /** a payload is not as long as its envelope says (bundle-payload-length) */
    SITREP_BUNDLE_PAYLOAD_LENGTH = 108,
    /** a payload's formatting patches do not fit its tokens (bundle-patch) */
    SITREP_BUNDLE_PATCH = 109,
    /** a Metablock payload is not in canonical order (bundle-canonical) */
    SITREP_BUNDLE_CANONICAL = 110,
    /** an object of a payload has a member twice (bundle-duplicate) */
    SITREP_BUNDLE_DUPLICATE = 111,
    /** there is no update package, or its lengths do not fit (package-head) */
    SITREP_PACKAGE_HEAD = 112,
    /** an artifact's path is too long (limit-path) */
    SITREP_LIMIT_PATH = 200,
    /** a payload is nested too deeply (limit-nesting) */
    SITREP_LIMIT_NESTING = 201,
    /** the layout has too many keys (limit-keys) */
    SITREP_LIMIT_KEYS = 202,
    /** the layout has too many steps and inspections (limit-steps) */
    SITREP_LIMIT_STEPS = 203,
    /** the bundle has too many envelopes (limit-envelopes) */
    SITREP_LIMIT_ENVELOPES = 204,
    /** a step has too many rules in one list (limit-rules) */
    SITREP_LIMIT_RULES = 205,
    /** an envelope has too many signatures (limit-signatures) */
    SITREP_LIMIT_SIGNATURES = 206,
    /** an object has too many members that are not in order (limit-unordered) */
    SITREP_LIMIT_UNORDERED = 207,
    /** one path has too many different digests (limit-variants) */
    SITREP_LIMIT_VARIANTS = 208,
    /** a payload's text is far longer than the bundle that it is rebuilt from (limit-text) */
    SITREP_LIMIT_TEXT = 209,
    /** there are too many sublayouts (limit-layouts) */
    SITREP_LIMIT_LAYOUTS = 210,
    /** a step's rules are too long with the parameters put in (limit-parameters) */
    SITREP_LIMIT_PARAMETERS = 211,
    /** the bundle needs something that this profile leaves out (limit-profile) */
    SITREP_LIMIT_PROFILE = 212,
    /** a name that the bundle gives or compares is too long (limit-name) */
    SITREP_LIMIT_NAME = 213,
    /** verifying the bundle takes more work than a bundle of its size may ask for (limit-work) */
    SITREP_LIMIT_WORK = 214,
    /** the first envelope does not hold an in-toto layout (layout-type) */
    SITREP_LAYOUT_TYPE = 300,
    /** the layout lacks a required member, or a member has the wrong type (layout-member) */
    SITREP_LAYOUT_MEMBER = 301,
    /** the expiry is not of the form YYYY-MM-DDTHH:MM:SSZ (layout-expires) */
    SITREP_LAYOUT_EXPIRES = 303,
    /** a step's or inspection's name is empty, used twice, or cannot be part of a file name (layout-name) */
    SITREP_LAYOUT_NAME = 304,
    /** a step's threshold is not an integer of 1 or more (layout-threshold) */
    SITREP_LAYOUT_THRESHOLD = 305,
    /** a key of the layout is malformed (layout-key) */
    SITREP_LAYOUT_KEY = 306,
    /** a key is listed under another key id than its own (layout-keyid) */
    SITREP_LAYOUT_KEYID = 307,
    /** an artifact rule is malformed (layout-rule) */
    SITREP_LAYOUT_RULE = 308,
    /** the prefix of a MATCH rule is not a normalised path (layout-prefix) */
    SITREP_LAYOUT_PREFIX = 309,
    /** the layout's DSSE payload type is not in-toto's (layout-payload-type) */
    SITREP_LAYOUT_PAYLOAD_TYPE = 310,
    /** the layout names a parameter that was not given (parameter-undefined) */
    SITREP_PARAMETER_UNDEFINED = 311,
    /** a required owner key has not signed the layout (owner-unsigned) */
    SITREP_OWNER_UNSIGNED = 400,
    /** an owner's signature on the layout is not good (owner-signature) */
    SITREP_OWNER_SIGNATURE = 401,
    /** this build cannot check an owner key's signature scheme (owner-scheme) */
    SITREP_OWNER_SCHEME = 402,
    /** no owner key was given (owner-none) */
    SITREP_OWNER_NONE = 403,
    /** the layout has expired (layout-expired) */
    SITREP_LAYOUT_EXPIRED = 404,
    /** the trust policy is damaged, or not of its form (trust-syntax) */
    SITREP_TRUST_SYNTAX = 410,
    /** the trust policy is of another version, or no trust policy (trust-version) */
    SITREP_TRUST_VERSION = 411,
    /** the trust policy names no owner, or one key twice (trust-owners) */
    SITREP_TRUST_OWNERS = 412,
    /** the trust policy's threshold is 0, or more than there are owners (trust-threshold) */
    SITREP_TRUST_THRESHOLD = 413,
    /** a key of the trust policy is malformed (trust-key) */
    SITREP_TRUST_KEY = 414,
    /** the trust policy's earliest time is not of the form YYYY-MM-DDTHH:MM:SSZ (trust-time) */
    SITREP_TRUST_TIME = 415,
    /** the trust policy has too many owners, key ids or attestations (trust-limit) */
    SITREP_TRUST_LIMIT = 416,
    /** the trust policy does not name the artifact that is to be run (trust-artifact) */
    SITREP_TRUST_ARTIFACT = 417,
    /** the policy update is damaged, or of another version (policy-update-form) */
    SITREP_POLICY_UPDATE_FORM = 418,
    /** too few owners of the trust policy in force have signed the new one (policy-update-signature) */
    SITREP_POLICY_UPDATE_SIGNATURE = 419,
    /** the new trust policy's revision is not greater than that of the one in force (policy-update-revision) */
    SITREP_POLICY_UPDATE_REVISION = 420,
    /** there is no link for a step (link-missing) */
    SITREP_LINK_MISSING = 500,
    /** too few of the allowed keys have signed a link for a step (threshold-not-met) */
    SITREP_THRESHOLD_NOT_MET = 501,
    /** two functionaries recorded different artifacts for one step (links-disagree) */
    SITREP_LINKS_DISAGREE = 502,
    /** this build cannot check the signatures on a step's links (link-scheme) */
    SITREP_LINK_SCHEME = 503,
    /** a link envelope holds something else (link-type) */
    SITREP_LINK_TYPE = 504,
    /** a link lacks a required member, or a member has the wrong type (link-member) */
    SITREP_LINK_MEMBER = 505,
    /** a link names an artifact by a path that is not normalised (link-artifact-name) */
    SITREP_LINK_ARTIFACT_NAME = 506,
    /** a link holds a digest that is not of its algorithm's length in lower-case hexadecimal (link-digest) */
    SITREP_LINK_DIGEST = 507,
    /** a link belongs to no step of the layout (link-stray) */
    SITREP_LINK_STRAY = 508,
    /** no key that the step allows has a good signature on a link (link-signature) */
    SITREP_LINK_SIGNATURE = 509,
    /** a link's DSSE payload type is not in-toto's (link-payload-type) */
    SITREP_LINK_PAYLOAD_TYPE = 510,
    /** a sublayout has no steps, so it proves nothing (sublayout-empty) */
    SITREP_SUBLAYOUT_EMPTY = 511,
    /** a functionary's signature on one sublayout stands for two steps of a layout (sublayout-reused) */
    SITREP_SUBLAYOUT_REUSED = 512,
    /** no attestation of a required type is there (attestation-missing) */
    SITREP_ATTESTATION_MISSING = 520,
    /** too few keys of a step have signed a required attestation (attestation-threshold) */
    SITREP_ATTESTATION_THRESHOLD = 521,
    /** a required attestation is about something else than what the chain produced (attestation-subject) */
    SITREP_ATTESTATION_SUBJECT = 522,
    /** the attested security version is below what the trust policy demands (security-version) */
    SITREP_SECURITY_VERSION = 523,
    /** a statement lacks a required member, or a member has the wrong type (statement-member) */
    SITREP_STATEMENT_MEMBER = 524,
    /** no key that the layout allows for a step has a good signature on an attestation (attestation-signature) */
    SITREP_ATTESTATION_SIGNATURE = 525,
    /** a required security version is for another product than this device is (attestation-product) */
    SITREP_ATTESTATION_PRODUCT = 526,
    /** a required security version is for other hardware than this device has (attestation-hardware) */
    SITREP_ATTESTATION_HARDWARE = 527,
    /** the time of a required security version is not of the form YYYY-MM-DDTHH:MM:SSZ (attestation-time) */
    SITREP_ATTESTATION_TIME = 528,
    /** a DISALLOW rule matches an artifact that no earlier rule accounts for (rule-disallow) */
    SITREP_RULE_DISALLOW = 600,
    /** a REQUIRE rule names an artifact that is not there (rule-require) */
    SITREP_RULE_REQUIRE = 601,
    /** the layout has inspections and they were not run (inspections-not-run) */
    SITREP_INSPECTIONS_NOT_RUN = 700,
    /** nothing was observed for an inspection (inspection-missing) */
    SITREP_INSPECTION_MISSING = 701,
    /** an inspection's command did not return 0 (inspection-failed) */
    SITREP_INSPECTION_FAILED = 702,
    /** a sublayout has inspections and they were not run (sublayout-inspections-not-run) */
    SITREP_SUBLAYOUT_INSPECTIONS_NOT_RUN = 703,
    /** the artifact is not a product of the step (artifact-unknown) */
    SITREP_ARTIFACT_UNKNOWN = 900,
    /** the artifact is not the one that the supply chain produced (artifact-digest) */
    SITREP_ARTIFACT_DIGEST = 901,
    /** the step recorded no digest of the artifact that this build can compute (artifact-no-digest) */
    SITREP_ARTIFACT_NO_DIGEST = 902,
    /** the artifact could not be read to its end (artifact-read) */
    SITREP_ARTIFACT_READ = 903,
    /** the layout has no step of the name that was asked for (artifact-step) */
    SITREP_ARTIFACT_STEP = 904,
    /** the layout has no step, so it says nothing about any artifact (artifact-no-step) */
    SITREP_ARTIFACT_NO_STEP = 905,
    /** the layout has no steps, so it demands nothing (layout-empty) */
    SITREP_LAYOUT_EMPTY = 1000,
    /** there is no clock, so the layout may have expired (expiry-unknown) */
    SITREP_EXPIRY_UNKNOWN = 1001,
    /** a step was not carried out with the expected command (command-differs) */
    SITREP_COMMAND_DIFFERS = 1002,
    /** a step's command did not return 0 (return-value) */
    SITREP_RETURN_VALUE = 1003,
    /** an inspection was skipped, as the trust policy says (inspection-skipped) */
    SITREP_INSPECTION_SKIPPED = 1004,
    /** the clock is before the earliest time of the trust policy, so that time counts instead (clock-behind) */
    SITREP_CLOCK_BEHIND = 1005,
    /** a key that a step names can sign nothing here (key-unusable) */
    SITREP_KEY_UNUSABLE = 1006,
    /** an OpenPGP key is believed; whether it has expired or was revoked was not asked (openpgp-validity) */
    SITREP_OPENPGP_VALIDITY = 1007,
    /** the device's own state is lost, or was never written (boot-journal) */
    SITREP_BOOT_JOURNAL = 1100,
    /** the trust policy in flash is not the one that is in force (boot-policy) */
    SITREP_BOOT_POLICY = 1101,
    /** the flash does not keep what is written to it (boot-flash) */
    SITREP_BOOT_FLASH = 1102,
    /** the slot holds another image than the one that was installed or confirmed (boot-image) */
    SITREP_BOOT_IMAGE = 1103,
    /** this image was tried, did not confirm, and was staged again before the device went back (boot-rejected) */
    SITREP_BOOT_REJECTED = 1104,
    /** the context is NULL, misaligned, too small, or was never begun (call-context) */
    SITREP_CALL_CONTEXT = 2000,
    /** an argument is NULL, wraps around the end of memory, or is no text of a length that can be (call-argument) */
    SITREP_CALL_ARGUMENT = 2001,
    /** the call does not fit those before it (call-order) */
    SITREP_CALL_ORDER = 2002,
    /** memory that is written overlaps other memory of the call (call-overlap) */
    SITREP_CALL_OVERLAP = 2003,
    /** the buffer is too small (call-buffer) */
    SITREP_CALL_BUFFER = 2004,
    /** it is not the request that the verification began with (call-request) */
    SITREP_CALL_REQUEST = 2005,
    /** there is no finding of that number (call-end) */
    SITREP_CALL_END = 2006,
};


#if defined(SITREP_POINTERS_64)
/**
 * Bytes of a `sitrep_context` for the profile `host`.
 */
#define SITREP_CONTEXT_SIZE_HOST 139264
#endif

#if defined(SITREP_POINTERS_32)
/**
 * Bytes of a `sitrep_context` for the profile `host`.
 */
#define SITREP_CONTEXT_SIZE_HOST 122880
#endif

#if defined(SITREP_POINTERS_64)
/**
 * Bytes of a `sitrep_context` for the profile `device`.
 */
#define SITREP_CONTEXT_SIZE_DEVICE 6144
#endif

#if defined(SITREP_POINTERS_32)
/**
 * Bytes of a `sitrep_context` for the profile `device`.
 */
#define SITREP_CONTEXT_SIZE_DEVICE 5120
#endif

#if defined(SITREP_PROFILE_HOST)
/**
 * Bytes of a `sitrep_context` for the profile of this build.
 */
#define SITREP_CONTEXT_SIZE SITREP_CONTEXT_SIZE_HOST
#endif

#if !defined(SITREP_PROFILE_HOST)
/**
 * Bytes of a `sitrep_context` for the profile of this build.
 */
#define SITREP_CONTEXT_SIZE SITREP_CONTEXT_SIZE_DEVICE
#endif

/**
 * The alignment in bytes of a `sitrep_context`, for memory that is not declared as one.
 */
#define SITREP_CONTEXT_ALIGN 16

/**
 * The same in words of 64 bits.
 */
#define SITREP_CONTEXT_WORDS (SITREP_CONTEXT_SIZE / 8)

/**
 * Bytes of a finding's text, with its NUL.
 */
#define SITREP_TEXT_SIZE 256

/**
 * What a finding is about.
 */
enum sitrep_finding_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Where a refusal comes from: the step. Without one, and of an artifact's refusal: the step that made the artifact.
     */
    SITREP_WHERE_STEP = 1,
    /**
     * The artifact rule: its list and its words.
     */
    SITREP_WHERE_RULE = 2,
    /**
     * The key id: an owner's, or that of a functionary.
     */
    SITREP_WHERE_KEY = 3,
    /**
     * The artifact's name in the supply chain.
     */
    SITREP_WHERE_ARTIFACT = 4,
    /**
     * The predicate type of the attestation that was demanded.
     */
    SITREP_WHERE_ATTESTATION = 5,
    /**
     * The key id of an owner who signed the layout.
     */
    SITREP_SIGNED_BY = 6,
    /**
     * The name of a step of the layout; who vouched for it follows.
     */
    SITREP_STEP = 7,
    /**
     * The key id of a functionary who vouched for the step before.
     */
    SITREP_VOUCHED_BY = 8,
    /**
     * What a person should know: `code` says it, and the text names the step, if it is about one.
     */
    SITREP_WARNING = 9,
    /**
     * There was more than a context has room for. Always the last.
     */
    SITREP_CUT = 10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum sitrep_finding_kind sitrep_finding_kind;
#else
typedef int32_t sitrep_finding_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What every call returns: `SITREP_CONTINUE`, `SITREP_VERIFIED`, or why not.
 */
typedef int32_t sitrep_result;

/**
 * The memory of one artifact's verification. It needs no initialisation, belongs to one thread at a time (only the `get` calls may be made by several at once), and holds no pointer between two
 * calls: it may be moved and copied, and each copy answers for the bytes that it was given.
 */
typedef struct SITREP_ALIGNED(16) sitrep_context {
    /**
     * Not for you.
     */
    uint64_t opaque[SITREP_CONTEXT_WORDS];
} sitrep_context;

/**
 * What is to be verified, and what is believed. Set all of it to 0 first (`= {0}`): 0 and NULL mean unknown or none.
 * Nothing in it is kept when a call returns.
 */
typedef struct sitrep_request {
    /**
     * The trust policy, compiled (`sitrep trust compile`) or, in the profile `host`, JSON. Whoever can change it decides.
     */
    const void *trust_policy;
    /**
     * Its size in bytes. In the profile `device` the policy may lie at the start of a longer page.
     */
    size_t trust_policy_size;
    /**
     * The bundle that `sitrep pack` wrote. Not trusted.
     */
    const void *bundle;
    /**
     * Its size in bytes.
     */
    size_t bundle_size;
    /**
     * The artifact's name in the supply chain, UTF-8 and NUL at its end; NULL where the trust policy says it, as it should. Another name than the
     * trust policy's is refused; where that holds `{slot}`, give the name with `a` or `b` in its place.
     */
    const char *artifact;
    /**
     * The artifact's size in bytes, where it is known before: Git's object ids cannot be compared without. 0 is unknown.
     */
    uint64_t artifact_size;
    /**
     * The present time in seconds since 1970. 0 is unknown: expiry is then checked against the earliest times alone, and a warning says so.
     */
    uint64_t now;
    /**
     * It is certainly later than this, in seconds since 1970: a clock's floor that you keep. The later one of this and the trust policy's counts.
     */
    uint64_t earliest_time;
    /**
     * The security version that must at least be attested: a rollback counter that you keep. The higher one of this and the trust policy's counts.
     */
    uint32_t security_version;
    /**
     * What this machine is: a product's identifier, and its hardware's, each UTF-8 and NUL at its end. Where they are given, the artifact's security
     * version must be attested for them. Both or neither.
     */
    const char *product;
    /**
     * The hardware's identifier.
     */
    const char *hardware;
} sitrep_request;

/**
 * One thing that a verification found out.
 */
typedef struct sitrep_finding {
    /**
     * A `sitrep_finding_kind`.
     */
    int32_t kind;
    /**
     * The code of a warning; 0 for all others.
     */
    sitrep_result code;
    /**
     * NUL at its end, and printable ASCII before: strangers choose names, so everything else is spelled out as `\xNN`. `...` at the
     * end says that it was longer.
     */
    char text[SITREP_TEXT_SIZE];
} sitrep_finding;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Begins a verification in `context`, whatever that holds: checks the whole supply chain, and that it has the artifact.
 * `context_size` is `sizeof *context`, so that a program and a library of different sizes are found out.
 *
 * Returns `SITREP_CONTINUE`, or why not: then every later call gives the same answer, until the next `sitrep_begin`.
 */
SITREP_MUST_USE
sitrep_result sitrep_begin(struct sitrep_context *context,
                           size_t context_size,
                           const struct sitrep_request *request);

/**
 * Takes the artifact's next `size` bytes, in pieces of any size. It does not keep them.
 *
 * Returns `SITREP_CONTINUE`, or why not: whatever goes wrong, a wrong call too, ends the verification for good.
 */
SITREP_MUST_USE
sitrep_result sitrep_update(struct sitrep_context *context,
                            const void *data,
                            size_t size);

/**
 * Says whether the bytes were the artifact: `SITREP_VERIFIED`, or why not. It says yes once: what follows is refused until the next `sitrep_begin`.
 */
SITREP_MUST_USE
sitrep_result sitrep_finish(struct sitrep_context *context);

/**
 * Forgets the verification: every call but `sitrep_begin` is refused. Nothing has to be freed, so this is for memory that is used again.
 */
void sitrep_end(struct sitrep_context *context);

/**
 * Gives finding number `index`, from 0, of a verification that has begun, also of a refused one.
 *
 * Returns `SITREP_CONTINUE`; `SITREP_CALL_END` behind the last; or what is wrong with the call. It changes nothing in the context.
 */
SITREP_MUST_USE
sitrep_result sitrep_get_finding(const struct sitrep_context *context,
                                 size_t index,
                                 struct sitrep_finding *finding);

/**
 * Gives what the supply chain says of the security of a verified artifact: the security version for your rollback counter, and a time that has
 * certainly passed, in seconds since 1970. 0 where it says nothing, or where neither the trust policy nor the request asks for a security
 * version or a product.
 *
 * Returns `SITREP_CONTINUE` after `SITREP_VERIFIED`; before and otherwise what is wrong, and writes nothing.
 */
SITREP_MUST_USE
sitrep_result sitrep_get_attested(const struct sitrep_context *context,
                                  uint32_t *security_version,
                                  uint64_t *time);

/**
 * Writes the verdict as JSON with a NUL at its end, as `sitrep verify --json` prints it, after `sitrep_finish` or a refusal. `request` must be that of
 * `sitrep_begin`, in all its bytes: the supply chain is verified again for it, as the context keeps none of it. `length`, where it is not
 * NULL, gets the number of bytes before the NUL. A chain of three steps takes about 3 KB. Names are JSON, not harmless for terminals.
 *
 * Returns `SITREP_CONTINUE` whatever the verdict says, `SITREP_CALL_BUFFER` where the buffer is too small, `SITREP_CALL_ORDER` too early,
 * `SITREP_CALL_REQUEST` for another request. It does not change what later calls say.
 */
SITREP_MUST_USE
sitrep_result sitrep_verdict_json(struct sitrep_context *context,
                                  const struct sitrep_request *request,
                                  char *buffer,
                                  size_t size,
                                  size_t *length);

/**
 * The stable name of a result, such as `rule-disallow`; `unknown-code` for what is none. It lives as long as the program, and so do the next two.
 */
const char *sitrep_code_name(sitrep_result code);

/**
 * What a result means, in one line of English.
 */
const char *sitrep_code_message(sitrep_result code);

/**
 * What to do about it, in one line of English.
 */
const char *sitrep_code_hint(sitrep_result code);

/**
 * The version of the library, such as `0.1.0`.
 */
const char *sitrep_version(void);

/**
 * How many bytes this library's `sitrep_context` takes: at most `SITREP_CONTEXT_SIZE` of its header.
 */
size_t sitrep_context_size(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SITREP_H */
