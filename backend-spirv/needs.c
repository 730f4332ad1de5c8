/* What a module needs of a device beyond Vulkan 1.1's own promises, by the runtime's short names of features. */
#include <spirv/unified1/spirv.h>
#include <string.h>

#include "backend-spirv/spirv.h"

enum { HEADER_WORDS = 5 };

/* clang-format off */
static const struct {
    SpvCapability capability;
    const char *feature;
} needs[] = {
    {SpvCapabilityInt8,                               "int8"},
    {SpvCapabilityInt16,                              "int16"},
    {SpvCapabilityInt64,                              "int64"},
    {SpvCapabilityFloat16,                            "float16"},
    {SpvCapabilityFloat64,                            "float64"},
    {SpvCapabilityStorageBuffer8BitAccess,            "storage8"},
    {SpvCapabilityUniformAndStorageBuffer8BitAccess,  "uniform8"},
    {SpvCapabilityStoragePushConstant8,               "values8"},
    {SpvCapabilityStorageBuffer16BitAccess,           "storage16"},
    {SpvCapabilityUniformAndStorageBuffer16BitAccess, "uniform16"},
    {SpvCapabilityStoragePushConstant16,              "values16"},
    {SpvCapabilityGroupNonUniform,                    "subgroup_basic"},
    {SpvCapabilityGroupNonUniformVote,                "subgroup_vote"},
    {SpvCapabilityGroupNonUniformArithmetic,          "subgroup_arithmetic"},
    {SpvCapabilityGroupNonUniformBallot,              "subgroup_ballot"},
    {SpvCapabilityGroupNonUniformShuffle,             "subgroup_shuffle"},
    {SpvCapabilityGroupNonUniformShuffleRelative,     "subgroup_shuffle_relative"},
};
static const struct {
    unsigned need;
    const char *feature;
} untold[] = {
    {SPIRV_SUBGROUP_TYPES,      "subgroup_extended_types"},
    {SPIRV_BUFFER_ATOMIC_INT64, "buffer_atomics_int64"},
    {SPIRV_SHARED_ATOMIC_INT64, "shared_atomics_int64"},
    {SPIRV_BUFFER_ATOMIC_FLOAT, "buffer_atomic_add_f32"},
    {SPIRV_SHARED_ATOMIC_FLOAT, "shared_atomic_add_f32"},
    {SPIRV_RECONVERGENCE,       "maximal_reconvergence"},
};
/* clang-format on */

bool spirv_needs(SpirvBinary binary, const char *feature) {
    size_t at = HEADER_WORDS; /* capabilities come first */
    while (at + 1 < binary.count && (binary.words[at] & 0xffff) == SpvOpCapability) {
        for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
            if (binary.words[at + 1] == (uint32_t)needs[i].capability &&
                strcmp(needs[i].feature, feature) == 0) {
                return true;
            }
        }
        at += 2;
    }
    for (size_t i = 0; i < sizeof untold / sizeof untold[0]; i++) {
        if ((binary.needs & untold[i].need) != 0 && strcmp(untold[i].feature, feature) == 0) {
            return true;
        }
    }
    return false;
}
