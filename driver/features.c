/* See features.h. */
#include "driver/features.h"

#include <spirv/unified1/spirv.h>

#include "runtime-min/vitte_gpu.h"

/* A capability that is not here is in every Vulkan 1.1. */
static const struct {
    SpvCapability capability;
    VtgFeature feature;
} rows[] = {
    {SpvCapabilityInt8, VTG_FEATURE_INT8},
    {SpvCapabilityInt16, VTG_FEATURE_INT16},
    {SpvCapabilityInt64, VTG_FEATURE_INT64},
    {SpvCapabilityFloat16, VTG_FEATURE_FLOAT16},
    {SpvCapabilityFloat64, VTG_FEATURE_FLOAT64},
    {SpvCapabilityStorageBuffer8BitAccess, VTG_FEATURE_STORAGE8},
    {SpvCapabilityStorageBuffer16BitAccess, VTG_FEATURE_STORAGE16},
    {SpvCapabilityStoragePushConstant8, VTG_FEATURE_VALUES8},
    {SpvCapabilityStoragePushConstant16, VTG_FEATURE_VALUES16},
};

static uint64_t feature_of(uint32_t capability) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].capability == (SpvCapability)capability) {
            return VTG_FEATURE_BIT(rows[i].feature);
        }
    }
    return 0;
}

uint64_t features_of_code(SpirvBinary code) {
    enum { HEADER_WORDS = 5 };
    const uint32_t capability = 2u << SpvWordCountShift | SpvOpCapability;
    uint64_t features = 0;
    for (size_t at = HEADER_WORDS; at + 1 < code.count && code.words[at] == capability; at += 2) {
        features |= feature_of(code.words[at + 1]); /* they stand first in a module */
    }
    return features;
}
