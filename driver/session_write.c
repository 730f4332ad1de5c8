/* See session.h: what comes out of a session, once the passes that all targets share have run: code, by way of what a
 * target has to lower itself, and texts for people. */
#include "backend-opencl/opencl.h"
#include "backend-wgsl/wgsl.h"
#include "driver/session_parts.h"
#include "ir/base/fatal.h"
#include "ir/text.h"

typedef struct {
    Session *session;
    Text *out;
    SpirvTarget target;
    OpenclVersion opencl;
    OpenclSpirvVersion opencl_spirv;
    bool is_text; /* LLVM IR, not SPIR-V */
    MslVersion msl;
    bool for_msl;
    WgslFacts *facts;
    SpirvBinary *binary;
} Output;

static void write_spirv(void *arg) {
    Output *output = arg;
    Session *session = output->session;
    uint64_t start = session_now();
    SpirvOptions options = {
        .target = output->target,
        .debug = session->options.debug,
        .atomic_float = session->options.atomic_float,
        .reconvergence = session->options.reconvergence,
        .for_msl = output->for_msl,
        .sources = &session->sources,
    };
    fatal_context("SPIR-V writer");
    if (!spirv_check(session->module, output->target)) {
        return;
    }
    *output->binary = spirv_write(session->module, &options);
    session_add_phase(session, "write SPIR-V", &start);
    if (session->options.verify && session->diags.errors == 0) {
        if (!spirv_validate(*output->binary, output->target, &session->detail)) {
            BUG("SPIRV-Tools refuse the module");
        }
        session_add_phase(session, "validate SPIR-V", &start);
    }
}

Status session_spirv(Session *session, SpirvTarget target, SpirvBinary *binary) {
    Output output = {.session = session, .target = target, .binary = binary};
    return session_guard(session, write_spirv, &output);
}

static void write_wgsl(void *arg) {
    const Output *output = arg;
    Session *session = output->session;
    WgslOptions options = {.sources = session->options.debug ? &session->sources : NULL,
                           .value_lengths = session->options.value_lengths};
    fatal_context("WGSL printer");
    if (!session_run_pipeline(session, wgsl_values) || !wgsl_check(session->module) ||
        !session_run_pipeline(session, wgsl_passes)) {
        return;
    }
    uint64_t start = session_now();
    *output->facts = wgsl_write(output->out, session->module, &options);
    session_add_phase(session, "print WGSL", &start);
}

Status session_wgsl(Session *session, Text *out, WgslFacts *facts) {
    Output output = {.session = session, .out = out, .facts = facts};
    return session_guard(session, write_wgsl, &output);
}

static void write_opencl(void *arg) {
    const Output *output = arg;
    Session *session = output->session;
    OpenclOptions options = {.version = output->opencl,
                             .sources = session->options.debug ? &session->sources : NULL};
    fatal_context("OpenCL C printer");
    if (!session_run_pipeline(session, opencl_passes)) {
        return;
    }
    uint64_t start = session_now();
    opencl_write(output->out, session->module, &options);
    session_add_phase(session, "print OpenCL C", &start);
}

Status session_opencl(Session *session, OpenclVersion version, Text *out) {
    Output output = {.session = session, .out = out, .opencl = version};
    return session_guard(session, write_opencl, &output);
}

static void write_opencl_spirv(void *arg) {
    const Output *output = arg;
    Session *session = output->session;
    OpenclSpirvOptions options = {
        .version = output->opencl_spirv, .level = session->options.level, .text = output->is_text};
    fatal_context("OpenCL SPIR-V writer");
    if (!opencl_spirv_check(session->module) ||
        !session_run_pipeline(session, opencl_spirv_passes)) {
        return;
    }
    uint64_t time = session_now();
    opencl_spirv_write(output->out, session->module, &options);
    session_add_phase(session, "LLVM", &time);
}

Status session_opencl_spirv(Session *session, OpenclSpirvVersion version, Text *out) {
    Output output = {.session = session, .out = out, .opencl_spirv = version};
    return session_guard(session, write_opencl_spirv, &output);
}

Status session_llvm(Session *session, OpenclSpirvVersion version, Text *out) {
    Output output = {.session = session, .out = out, .opencl_spirv = version, .is_text = true};
    return session_guard(session, write_opencl_spirv, &output);
}

/* From the words for Vulkan, which name what the source names. */
static void write_msl(void *arg) {
    Output *output = arg;
    Session *session = output->session;
    bool debug = session->options.debug;
    fatal_context("MSL writer");
    if (!msl_check(session->module) || !session_run_pipeline(session, msl_passes)) {
        return;
    }
    SpirvBinary binary;
    output->for_msl = true;
    output->target = SPIRV_VULKAN_1_1;
    output->binary = &binary;
    session->options.debug = true;
    write_spirv(output);
    session->options.debug = debug;
    if (session->diags.errors > 0) {
        return;
    }
    uint64_t start = session_now();
    MslOptions options = {.version = output->msl, .lines = debug};
    fatal_context("SPIRV-Cross");
    if (!msl_write(output->out, session->module, binary.words, binary.count, &options,
                   &session->detail)) {
        BUG("SPIRV-Cross refuses the module: %s", text_get(&session->detail));
    }
    session_add_phase(session, "print MSL", &start);
}

Status session_msl(Session *session, MslVersion version, Text *out) {
    Output output = {.session = session, .out = out, .msl = version};
    return session_guard(session, write_msl, &output);
}

static void disassemble(void *arg) {
    const Output *output = arg;
    fatal_context("disassembler");
    if (!spirv_disassemble(output->out, *output->binary, &output->session->detail)) {
        BUG("SPIRV-Tools cannot read the module");
    }
}

Status session_disassemble(Session *session, SpirvBinary binary, Text *out) {
    Output output = {.session = session, .out = out, .binary = &binary};
    return session_guard(session, disassemble, &output);
}

static void print_ir(void *arg) {
    const Output *output = arg;
    const Session *session = output->session;
    fatal_context("IR printer");
    ir_print(output->out, session->module, session->options.debug ? &session->sources : NULL);
}

static void print_tokens(void *arg) {
    const Output *output = arg;
    Session *session = output->session;
    fatal_context("lexer");
    ast_print_tokens(output->out, &session->names, &session->diags, session->file,
                     &session->sources);
}

static void print_ast(void *arg) {
    const Output *output = arg;
    Session *session = output->session;
    fatal_context("parser");
    session->ast = ast_parse(&session->arena, &session->names, &session->diags, session->file);
    ast_print(output->out, &session->sources, session->ast);
}

Status session_print_ir(Session *session, Text *out) {
    Output output = {.session = session, .out = out};
    return session_guard(session, print_ir, &output);
}

Status session_print_tokens(Session *session, Text *out) {
    Output output = {.session = session, .out = out};
    return session_guard(session, print_tokens, &output);
}

Status session_print_ast(Session *session, Text *out) {
    Output output = {.session = session, .out = out};
    return session_guard(session, print_ast, &output);
}
