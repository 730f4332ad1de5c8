/* The pipelines, in order. Each ends with what back-ends take (ir_verify_lowered). */
#include "ir/pass.h"

const IrPass *const ir_pipeline_O0[] = {
    &pass_lower_returns,
    &pass_inline_procs,
    &pass_opt_dce, /* the rest of what was inlined; less to lower */
    &pass_lower_int_div,
    &pass_lower_shift,
    &pass_lower_bits,
    &pass_lower_convert,
    &pass_lower_float_rem,
    &pass_lower_bounds,
    NULL,
};

const IrPass *const ir_pipeline_O1[] = {
    &pass_lower_returns,   &pass_inline_procs,
    &pass_mem2reg, /* after it: no local lives in memory, but those with a computed lane */
    &pass_opt_fold,        &pass_opt_dce,
    &pass_lower_int_div,   &pass_lower_shift,
    &pass_lower_bits,      &pass_lower_convert,
    &pass_lower_float_rem, &pass_lower_bounds,
    &pass_opt_fold, /* guards of constants */
    &pass_opt_dce,         NULL,
};
