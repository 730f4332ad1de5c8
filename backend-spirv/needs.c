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
    return false;
}
