/* A compile session: one source file on its way to IR and to a target's code, in one arena.
 *
 *     Session session;
 *     session_open(&session, &options);
 *     Status status = session_compile_source(&session, text, length, "add.vt");
 *     if (status == STATUS_FINE) status = session_lower(&session);
 *     if (status == STATUS_FINE) status = session_spirv(&session, SPIRV_VULKAN_1_1, &binary);
 *     session_close(&session);
 *
 * Nothing here prints, and nothing ends the process. STATUS_SOURCE: what is wrong is in `diags` (too little memory
 * included). STATUS_FILE and STATUS_BUG: `failure` says what happened, `detail` may hold the IR. After a status
 * other than STATUS_FINE a session can only be closed.
 */
#ifndef DRIVER_SESSION_H
#define DRIVER_SESSION_H

#include "backend-msl/msl.h"
#include "backend-opencl/opencl.h"
#include "backend-spirv/opencl_spirv.h"
#include "backend-spirv/spirv.h"
#include "backend-wgsl/wgsl.h"
#include "driver/modules.h"
#include "driver/status.h"
#include "driver/targets.h"
#include "frontend/frontend.h"
#include "ir/pass.h"

/* The name of a pass that is none: the IR as the front end made it. */
#define SESSION_FRONTEND "frontend"

enum { BOUNDS_CHECK, BOUNDS_TRUST };

typedef struct {
    enum { WARNING_DEFAULT, WARNING_ON, WARNING_OFF } state;
    bool is_error;
} WarningChoice;

typedef struct {
    FrontendOptions frontend;   /* not for IR text, but for the entries; a file brings its loader */
    const char *const *folders; /* -I: where `use` looks, after the folder of the file */
    uint32_t folder_count;
    unsigned level;                 /* 0: only what is needed to be legal */
    const IrPass *const *pipeline;  /* instead of the level's; NULL: none */
    const IrPass *const *leave_out; /* what the target does not want of it; NULL: nothing */
    bool debug;                     /* -g */
    bool value_lengths;             /* WGSL: the length of every buffer is a value */
    const Target *device_target;    /* the code that a device is given (device_code_prepare) */
    bool no_subgroups;              /* the target has none: each invocation is one */
    bool narrow;                    /* the target has no accesses of several elements */
    bool atomic_float;              /* of the target: it adds f32 atomically */
    bool reconvergence;             /* of the target: maximal reconvergence */
    IrPrints prints;
    unsigned bounds;        /* BOUNDS_CHECK, BOUNDS_TRUST */
    unsigned profiles;      /* --profile: a bit for each (profile.h) */
    bool remarks;           /* keep what passes tell (diags.remarks) */
    bool verify;            /* after every pass; always in builds with VT_DEBUG */
    bool time;              /* fill `phases` */
    const char *dump_after; /* a pass, SESSION_FRONTEND or "all" */
    const char *stop_after; /* a pass or SESSION_FRONTEND */
    unsigned max_errors;    /* 0: the default */
    WarningChoice warnings[WARN_COUNT];
} SessionOptions;

typedef struct {
    const char *name;
    uint64_t nanoseconds;
} SessionPhase;

typedef struct {
    SessionOptions options;
    Arena arena;
    Names names;
    SourceMap sources;
    Diags diags;
    const SourceFile *file;
    AstModule *ast;   /* NULL for IR text */
    IrModule *module; /* NULL before the source was compiled */
    Text dump;        /* of --dump-after */
    Text detail;      /* of a bug: the IR, the validator's words */
    char *failure;
    char *loaded;    /* the text of a file that was read */
    Modules modules; /* the files that it uses */
    VEC(SessionPhase) phases;
} Session;

void session_open(Session *session,
                  const SessionOptions *options); /* NULL: all defaults, level 0 */
void session_close(Session *session);

/* One of these comes first. `name` and `text` must outlive the session; length bytes, and a '\0' after them.
 * A source that is no file has no modules: `use` is an error there, unless the options have a loader. */
Status session_compile_source(Session *session, const char *text, size_t length, const char *name);
Status session_load_ir(Session *session, const char *text, size_t length, const char *name);

/* Reads a file ("-": standard input) and does one of the two: IR text when the name ends in `.vir`. */
Status session_load_file(Session *session, const char *path);

/* The file alone, for --emit=tokens and --emit=ast: no IR comes of it. */
Status session_read_file(Session *session, const char *path);
Status session_parse_file(Session *session, const char *path); /* fills `ast` */
Status session_print_tokens(Session *session, Text *out);
Status session_print_ast(Session *session, Text *out);

/* The passes that session_lower would run; ends with NULL. */
const IrPass *const *session_pipeline(const SessionOptions *options);

/* Runs the passes: up to `stop_after`, if there is one. */
Status session_lower(Session *session);

/* E0003 if the module has no kernel. */
Status session_need_kernel(Session *session);

/* The code; it lives as long as the session. Only after session_lower without `stop_after`. */
Status session_spirv(Session *session, SpirvTarget target, SpirvBinary *binary);
Status session_wgsl(Session *session, Text *out, WgslFacts *facts);
Status session_opencl(Session *session, OpenclVersion version, Text *out);
/* SPIR-V, or LLVM IR as text. */
Status session_opencl_spirv(Session *session, OpenclSpirvVersion version, Text *out);
Status session_llvm(Session *session, OpenclSpirvVersion version, Text *out);
Status session_msl(Session *session, MslVersion version, Text *out);
Status session_disassemble(Session *session, SpirvBinary binary, Text *out);
Status session_print_ir(Session *session, Text *out);

/* The kernel of that name; NULL: none. */
const IrFunction *session_kernel(const Session *session, const char *name);

/* Calls fn under a guard and says what it came to: for work on a session's module that is not one of the above. */
Status session_guard(Session *session, void (*fn)(void *arg), void *arg);

#endif
