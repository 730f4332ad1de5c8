/* Dispatches: arguments in, workgroups and invocations in order, and what to say when one goes wrong.
 *
 * Invocations run one after another on one thread, x fastest: the same dispatch always does the same, even where
 * invocations race.
 */
#include <inttypes.h>

#include "ir/base/fatal.h"
#include "ir/interp/run.h"

typedef struct {
    const IrModule *module;
    const IrFunction *kernel;
    const uint32_t *groups;
    uint32_t subgroup_size;
    Arena arena;
    Machine machine;
    Invocation invocation; /* the one that runs */
    uint64_t max_steps;
} Dispatch;

/* ---- arguments ---- */

static bool bind_buffer(Dispatch *dispatch, uint32_t index, const InterpArg *arg, Text *why) {
    const IrType *element = dispatch->kernel->params[index]->type->element;
    if (arg->bytes == NULL && arg->size > 0) {
        text_printf(why, "argument %u: a buffer of %" PRIu64 " bytes without memory", index,
                    arg->size);
        return false;
    }
    dispatch->machine.buffers[index] = (BoundBuffer){arg->bytes, arg->size / ir_stride(element)};
    dispatch->invocation.frame[dispatch->machine.program->param_slots[index]] = index;
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
    uint64_t *slot = &dispatch->invocation.frame[dispatch->machine.program->param_slots[index]];
    interp_read(arg->bytes, type, slot);
    return true;
}

static bool bind(Dispatch *dispatch, const InterpArg *args, Text *why) {
    const IrFunction *kernel = dispatch->kernel;
    dispatch->machine.buffers = NEW_ARRAY(&dispatch->arena, BoundBuffer, kernel->param_count);
    for (uint32_t i = 0; i < kernel->param_count; i++) {
        const IrType *type = kernel->params[i]->type;
        if (type->kind == IR_TYPE_VAR || ir_has_bool(type)) {
            text_printf(why, "argument %u: a host has no ", i);
            ir_type_print(why, type);
            return false;
        }
        bool bound = type->kind == IR_TYPE_BUFFER ? bind_buffer(dispatch, i, &args[i], why)
                                                  : bind_value(dispatch, i, &args[i], why);
        if (!bound) {
            return false;
        }
    }
    return true;
}

static uint64_t *new_frame(Dispatch *dispatch) {
    const Program *program = dispatch->machine.program;
    uint64_t *frame = NEW_ARRAY(&dispatch->arena, uint64_t, program->frame_size);
    for (uint32_t i = 0; i < program->constants.count; i++) {
        const ConstantSlot *constant = &program->constants.items[i];
        memcpy(&frame[constant->slot], constant->value->bits,
               constant->value->type->words * sizeof *frame);
    }
    return frame;
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

static void print_instruction(Text *out, const Dispatch *dispatch, const Step *step) {
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
                          ir_is_const(value) ? value->bits
                                             : &dispatch->invocation.frame[value->mark]);
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

static void report(Text *why, const Dispatch *dispatch, InterpStatus status) {
    const Invocation *invocation = &dispatch->invocation;
    const uint32_t *id = invocation->builtins[IR_BUILTIN_GLOBAL_ID];
    text_printf(why, "kernel `%s`, invocation (%u, %u, %u): ", dispatch->kernel->name->text, id[0],
                id[1], id[2]);
    if (status == INTERP_STEPS) {
        text_printf(why, "stopped after %" PRIu64 " instructions, before ", dispatch->max_steps);
    }
    const Step *step = &dispatch->machine.program->steps.items[invocation->next_step];
    print_instruction(why, dispatch, step);
    if (status == INTERP_UNDEFINED) {
        text_add(why, step->kind == STEP_UNREACHABLE ? " was reached" : " is undefined");
    }
}

/* ---- running ---- */

static void set3(uint32_t *to, const uint32_t *from) {
    memcpy(to, from, 3 * sizeof *to);
}

static InterpStatus run_invocation(Dispatch *dispatch, const uint32_t group[3],
                                   const uint32_t local[3]) {
    const uint32_t *size = dispatch->kernel->workgroup;
    uint32_t (*values)[3] = dispatch->invocation.builtins;
    uint32_t invocations = size[0] * size[1] * size[2], lanes = dispatch->subgroup_size;
    uint32_t local_index = (local[2] * size[1] + local[1]) * size[0] + local[0];
    for (int axis = 0; axis < 3; axis++) {
        values[IR_BUILTIN_GLOBAL_ID][axis] = group[axis] * size[axis] + local[axis];
    }
    set3(values[IR_BUILTIN_LOCAL_ID], local);
    set3(values[IR_BUILTIN_GROUP_ID], group);
    set3(values[IR_BUILTIN_GROUP_COUNT], dispatch->groups);
    set3(values[IR_BUILTIN_GROUP_SIZE], size);
    values[IR_BUILTIN_LOCAL_INDEX][0] = local_index;
    values[IR_BUILTIN_LANE][0] = local_index % lanes;
    values[IR_BUILTIN_LANE_COUNT][0] = lanes;
    values[IR_BUILTIN_SUBGROUP_INDEX][0] = local_index / lanes;
    values[IR_BUILTIN_SUBGROUP_COUNT][0] = invocations / lanes + (invocations % lanes != 0 ? 1 : 0);
    dispatch->invocation.next_step = 0;
    return interp_run(&dispatch->machine, &dispatch->invocation);
}

static InterpStatus run_group(Dispatch *dispatch, const uint32_t group[3]) {
    const uint32_t *size = dispatch->kernel->workgroup;
    uint32_t local[3];
    for (local[2] = 0; local[2] < size[2]; local[2]++) {
        for (local[1] = 0; local[1] < size[1]; local[1]++) {
            for (local[0] = 0; local[0] < size[0]; local[0]++) {
                InterpStatus status = run_invocation(dispatch, group, local);
                if (status != INTERP_OK) {
                    return status;
                }
            }
        }
    }
    return INTERP_OK;
}

static InterpStatus run_groups(Dispatch *dispatch) {
    const uint32_t *groups = dispatch->groups;
    uint32_t group[3];
    for (group[2] = 0; group[2] < groups[2]; group[2]++) {
        for (group[1] = 0; group[1] < groups[1]; group[1]++) {
            for (group[0] = 0; group[0] < groups[0]; group[0]++) {
                InterpStatus status = run_group(dispatch, group);
                if (status != INTERP_OK) {
                    return status;
                }
            }
        }
    }
    return INTERP_OK;
}

InterpStatus ir_interpret(const IrModule *module, const IrFunction *kernel, const InterpArg *args,
                          const uint32_t groups[3], const InterpOptions *options, Text *why) {
    if (!kernel->is_kernel) {
        text_printf(why, "`%s` is not a kernel", kernel->name->text);
        return INTERP_MISUSE;
    }
    Dispatch dispatch = {
        .module = module,
        .kernel = kernel,
        .groups = groups,
        .subgroup_size = options->subgroup_size > 0 ? options->subgroup_size : 1,
        .max_steps = options->max_steps > 0 ? options->max_steps : UINT64_MAX,
    };
    dispatch.machine.program = program_decode(&dispatch.arena, module, kernel);
    if (dispatch.machine.program == NULL) {
        text_printf(why, "the values of `%s` take too much memory", kernel->name->text);
        arena_release(&dispatch.arena);
        return INTERP_MISUSE;
    }
    dispatch.machine.steps_left = dispatch.max_steps;
    dispatch.invocation.frame = new_frame(&dispatch);
    InterpStatus status = INTERP_MISUSE;
    if (bind(&dispatch, args, why)) {
        status = run_groups(&dispatch);
        if (status != INTERP_OK) {
            report(why, &dispatch, status);
        }
    }
    arena_release(&dispatch.arena);
    return status;
}
