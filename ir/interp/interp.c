/* Dispatches: arguments in, workgroups in order, and what to say when one goes wrong.
 *
 * Everything runs on one thread in a fixed order: the same dispatch always does the same, even where invocations race.
 */
#include <inttypes.h>

#include "ir/base/fatal.h"
#include "ir/interp/group.h"
#include "ir/interp/watch.h"

/* ---- arguments ---- */

static bool bind_buffer(Dispatch *dispatch, uint32_t index, const InterpArg *arg, Text *why) {
    const IrType *element = dispatch->kernel->params[index]->type->element;
    if (arg->bytes == NULL && arg->size > 0) {
        text_printf(why, "argument %u: a buffer of %" PRIu64 " bytes without memory", index,
                    arg->size);
        return false;
    }
    dispatch->machine.memory.buffers[index] =
        (BoundBuffer){arg->bytes, arg->size / ir_stride(element)};
    dispatch->invocations[0].frame[dispatch->machine.memory.program->param_slots[index]] = index;
    return true;
}

static bool bind_value(Dispatch *dispatch, uint32_t index, const InterpArg *arg, Text *why) {
    const IrType *type = dispatch->kernel->params[index]->type;
    if (arg->bytes == NULL || arg->size != ir_size(type)) {
        text_printf(why, "argument %u: %" PRIu64 " bytes for ", index, arg->size);
        ir_type_print(why, type);
        text_printf(why, ", which has %u", ir_size(type));
        return false;
    }
    uint32_t slot = dispatch->machine.memory.program->param_slots[index];
    memory_read(arg->bytes, type, &dispatch->invocations[0].frame[slot]);
    return true;
}

static bool bind(Dispatch *dispatch, const InterpArg *args, Text *why) {
    const IrFunction *kernel = dispatch->kernel;
    dispatch->machine.memory.buffers =
        NEW_ARRAY(&dispatch->arena, BoundBuffer, kernel->param_count);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const IrType *type = kernel->params[i]->type;
        bool is_buffer = type->kind == IR_TYPE_BUFFER;
        if (is_buffer ? ir_has_bool(type->element) : ir_is_root(type) || ir_has_bool(type)) {
            text_printf(why, "argument %u: a host has no ", i);
            ir_type_print(why, type);
            return false;
        }
        bool bound = is_buffer ? bind_buffer(dispatch, i, &args[i], why)
                               : bind_value(dispatch, i, &args[i], why);
        if (!bound) {
            return false;
        }
    }
    return true;
}

/* One frame will do where invocations run one after the other. False: too much memory. */
static bool make_frames(Dispatch *dispatch) {
    const Program *program = dispatch->machine.memory.program;
    uint64_t count = program->waits ? dispatch->group_invocations : 1;
    if (count * program->frame_size > PROGRAM_MAX_FRAMES) {
        return false;
    }
    dispatch->active = NEW_ARRAY(&dispatch->arena, Invocation *, count);
    uint64_t *frames = NEW_ARRAY(&dispatch->arena, uint64_t, count * program->frame_size);
    dispatch->invocations = NEW_ARRAY(&dispatch->arena, Invocation, count);
    for (uint64_t n = 0; n < count; n++) {
        dispatch->invocations[n].frame = frames + n * program->frame_size;
    }
    for (uint32_t i = 0; i < program->constants.count; i++) {
        const ConstantSlot *constant = &program->constants.items[i];
        memcpy(&frames[constant->slot], constant->value->bits,
               constant->value->type->words * sizeof *frames);
    }
    return true;
}

/* What the first has, the constants and arguments. */
static void fill_frames(Dispatch *dispatch) {
    const Program *program = dispatch->machine.memory.program;
    uint32_t count = program->waits ? dispatch->group_invocations : 1;
    for (uint32_t n = 1; n < count; n++) {
        memcpy(dispatch->invocations[n].frame, dispatch->invocations[0].frame,
               program->frame_size * sizeof(uint64_t));
    }
}

/* ---- reports ---- */

enum { MOST_PRINTED = 8 }; /* operands of an instruction */

static void print_operand(Text *out, const IrValue *value, const uint64_t *words) {
    const IrType *type = value->type;
    if (ir_is_composite(type)) {
        ir_type_print(out, type);
        return;
    }
    for (unsigned lane = 0; lane < type->lanes; lane++) {
        text_add(out, lane > 0 ? ", " : type->lanes > 1 ? "(" : "");
        if (ir_is_float(type)) {
            text_printf(out, "%.9g", ir_number_of_bits(type->scalar, words[lane]));
        } else if (ir_is_signed_int(type)) {
            text_printf(out, "%" PRId64, ir_signed_of_bits(type->scalar, words[lane]));
        } else {
            text_printf(out, "%" PRIu64, words[lane]);
        }
    }
    text_add(out, type->lanes > 1 ? ")" : "");
}

static void print_instruction(Text *out, const Dispatch *dispatch, const Invocation *invocation) {
    const Step *step = &dispatch->machine.memory.program->steps.items[invocation->next_step];
    const IrInst *inst = step->inst;
    text_printf(out, "`%s%s", ir_ops[inst->op].text, (inst->flags & IR_RAW) != 0 ? ".raw" : "");
    bool known = !ir_has(inst->op, IR_TERM | IR_CONTROL) && inst->op != OP_CALL;
    for (uint32_t i = 0; known && i < inst->operand_count; i++) {
        const IrValue *value = inst->operands[i];
        text_add(out, i == 0 ? " " : ", ");
        if (i == MOST_PRINTED) {
            text_add(out, "…");
            break;
        }
        if (ir_is_root(value->type)) {
            text_printf(out, "%s", value->name != NULL ? value->name->text : "a place");
        } else {
            print_operand(out, value,
                          ir_is_const(value) ? value->bits : &invocation->frame[value->mark]);
        }
    }
    text_char(out, '`');
    const Diags *diags = dispatch->module->diags;
    if (inst->pos != 0 && diags != NULL && diags->sources != NULL) {
        SourcePlace place = source_place(diags->sources, inst->pos);
        if (place.file != NULL) {
            text_printf(out, " at %s:%u:%u", place.file->path, place.line, place.column);
        }
    }
}

static void print_invocation(Text *out, const Invocation *invocation) {
    const uint32_t *id = invocation->builtins[IR_BUILTIN_GLOBAL_ID];
    text_printf(out, "invocation (%u, %u, %u)", id[0], id[1], id[2]);
}

static void print_waiting(Text *out, const Dispatch *dispatch, const Invocation *invocation) {
    print_invocation(out, invocation);
    text_add(out, invocation->state == INVOCATION_ENDED ? " has ended at " : " waits at ");
    print_instruction(out, dispatch, invocation);
}

static void report(Text *why, const Dispatch *dispatch, InterpStatus status) {
    const Invocation *invocation = dispatch->failed;
    text_printf(why, "kernel `%s`, ", dispatch->kernel->name->text);
    if (status == INTERP_DIVERGED) {
        print_waiting(why, dispatch, invocation);
        text_add(why, ", but ");
        print_waiting(why, dispatch, dispatch->other);
        return;
    }
    print_invocation(why, invocation);
    text_add(why, ": ");
    if (status == INTERP_STEPS) {
        text_printf(why, "stopped after %" PRIu64 " instructions, before ", dispatch->max_steps);
    }
    print_instruction(why, dispatch, invocation);
    if (status == INTERP_UNDEFINED) {
        const Program *program = dispatch->machine.memory.program;
        StepKind kind = program->steps.items[invocation->next_step].kind;
        text_add(why, kind == STEP_UNREACHABLE ? " was reached" : " is undefined");
    } else if (status == INTERP_MISUSE) {
        text_add(why, " makes too much memory");
    }
}

/* ---- running ---- */

static InterpStatus run_groups(Dispatch *dispatch) {
    const uint32_t *groups = dispatch->groups;
    uint32_t group[3];
    for (group[2] = 0; group[2] < groups[2]; group[2]++) {
        for (group[1] = 0; group[1] < groups[1]; group[1]++) {
            for (group[0] = 0; group[0] < groups[0]; group[0]++) {
                InterpStatus status = interp_run_group(dispatch, group);
                if (status != INTERP_OK) {
                    return status;
                }
            }
        }
    }
    return INTERP_OK;
}

/* The sides of the workgroup; false: one is 0, or they are too many invocations. */
static bool measure_group(Dispatch *dispatch, const IrSpecValues *specs, Text *why) {
    uint32_t *size = dispatch->group_size;
    ir_workgroup(dispatch->kernel, specs, size);
    uint64_t count = (uint64_t)size[0] * size[1];
    count = count > INTERP_MAX_WORKGROUP ? count : count * size[2];
    if (count == 0 || count > INTERP_MAX_WORKGROUP) {
        text_printf(why, "a workgroup of %u × %u × %u invocations", size[0], size[1], size[2]);
        return false;
    }
    dispatch->group_invocations = (uint32_t)count;
    return true;
}

static InterpStatus run(Dispatch *dispatch, const InterpArg *args, const InterpOptions *options,
                        Text *why) {
    const IrFunction *kernel = dispatch->kernel;
    if (!kernel->is_kernel) {
        text_printf(why, "`%s` is not a kernel", kernel->name->text);
        return INTERP_MISUSE;
    }
    if (!measure_group(dispatch, &options->specs, why)) {
        return INTERP_MISUSE;
    }
    Memory *memory = &dispatch->machine.memory;
    memory->arena = &dispatch->arena;
    memory->program = program_decode(&dispatch->arena, dispatch->module, kernel, &options->specs);
    if (memory->program == NULL || !make_frames(dispatch)) {
        text_printf(why, "the values of `%s` take too much memory", kernel->name->text);
        return INTERP_MISUSE;
    }
    memory->shared = NEW_ARRAY(&dispatch->arena, SharedBlock, memory->program->shared_count);
    if (!bind(dispatch, args, why)) {
        return INTERP_MISUSE;
    }
    fill_frames(dispatch);
    Watch watch = {
        .arena = &dispatch->arena,
        .findings = options->findings,
        .memory = memory,
        .kernel = kernel,
        .groups = dispatch->groups,
        .group_size = dispatch->group_size,
        .grid = options->grid,
        .subgroup_size = dispatch->subgroup_size,
    };
    if (options->findings != NULL) {
        watch_open(&watch);
        memory->watch = &watch;
    }
    InterpStatus status = run_groups(dispatch);
    memory->watch = NULL;
    if (status != INTERP_OK) {
        report(why, dispatch, status);
    }
    return status;
}

InterpStatus ir_interpret(const IrModule *module, const IrFunction *kernel, const InterpArg *args,
                          const uint32_t groups[3], const InterpOptions *options, Text *why) {
    uint32_t lanes = kernel->subgroup_size > 0    ? kernel->subgroup_size
                     : options->subgroup_size > 0 ? options->subgroup_size
                                                  : INTERP_SUBGROUP_SIZE;
    uint64_t max_steps = options->max_steps > 0 ? options->max_steps : UINT64_MAX;
    Dispatch dispatch = {
        .module = module,
        .kernel = kernel,
        .groups = groups,
        .subgroup_size = lanes,
        .max_steps = max_steps,
        .machine = {.steps_left = max_steps,
                    .messages = options->messages,
                    .tally = options->tally},
    };
    InterpStatus status = run(&dispatch, args, options, why);
    if (options->taken != NULL) {
        *options->taken = max_steps - dispatch.machine.steps_left;
    }
    arena_release(&dispatch.arena);
    return status;
}
