/* The pipelines, in order. Each ends with what back-ends take (ir_verify_lowered). */
#include "ir/pass.h"

/* What back-ends need. Bounds come before lower_small_ints, whose loads must not leave the checks around them; what
 * it leaves total in 32 bits is for the passes behind it. */
#define LOWERING_MEMORY                                                                            \
    &pass_lower_shared_init, &pass_lower_wide_bits, &pass_lower_bits, &pass_lower_bounds,          \
        &pass_lower_float_atomics, &pass_split_memory, &pass_lower_small_ints
#define LOWERING_ARITHMETIC                                                                        \
    &pass_lower_int_div, &pass_lower_shift, &pass_lower_convert, &pass_lower_float_rem,            \
        &pass_lower_wide_round

const IrPass *const ir_pipeline_O0[] = {
    &pass_drop_print, /* or lower_print, or nothing: pass.h */
    &pass_lower_returns, &pass_inline_procs,  &pass_lower_refs,
    &pass_opt_dce, /* the rest of what was inlined; less to lower */
    LOWERING_MEMORY,     LOWERING_ARITHMETIC, NULL,
};

/* clang-format off */
#define BEFORE_LOWERING \
    &pass_drop_print, /* as in -O0 */ \
    &pass_lower_returns, \
    &pass_inline_procs, \
    &pass_lower_refs, /* so that a local that was handed out is one like others */ \
    &pass_split_vars, \
    &pass_mem2reg, /* after it: no local lives in memory, but arrays with computed indices and what is large */ \
    &pass_split_values, \
    &pass_opt_unroll, \
    &ir_if_changed, \
    &pass_opt_fold,   /* its indices of arrays become constants: */ \
    &pass_split_vars, /* more locals are values */ \
    &pass_mem2reg, \
    &pass_split_values, \
    &ir_end_if, \
    &pass_share_tables, /* before opt_cse: equal loads of them are one */ \
    &pass_opt_fold, \
    &pass_opt_cse, \
    &pass_opt_dead_stores, /* what is loaded again was forwarded */ \
    &pass_opt_dce,         /* before shared memory is zeroed: what no one uses needs no zeros */ \
    &pass_opt_if_convert, \
    &ir_if_changed, \
    &pass_opt_fold, /* what `and` and `or` chose is an op that tells both conditions */ \
    &ir_end_if
#define AFTER_LOWERING \
    &pass_split_values, /* what is loaded behind the checks of bounds */ \
    &pass_opt_cse,      /* equal checks are one value */ \
    &pass_opt_control,  /* those inside each other are none */ \
    &pass_opt_fold,     /* guards of constants */ \
    &pass_opt_dce
/* clang-format on */

const IrPass *const ir_pipeline_O1[] = {
    BEFORE_LOWERING,     LOWERING_MEMORY, AFTER_LOWERING, &pass_version_bounds,
    LOWERING_ARITHMETIC, AFTER_LOWERING,  NULL,
};

/* The checks of the elements alone are dead, but for those in the slow way: opt_cse shall not take the others for them. */
#define WIDE_ACCESSES &pass_opt_wide, &ir_if_changed, &pass_opt_dce, &ir_end_if

/* What stands before and behind LLVM is the same. It sees checks of bounds as compares and `if`s, and whole conversions
 * and shifts; what it decided goes with the rest. */
const IrPass *const ir_pipeline_O2[] = {
    BEFORE_LOWERING,
    LOWERING_MEMORY,
    WIDE_ACCESSES,
    AFTER_LOWERING,
    &pass_llvm,
    &pass_opt_fold,
    &pass_lower_wide_bits,
    &pass_version_bounds,
    LOWERING_ARITHMETIC,
    AFTER_LOWERING,
    NULL,
};
