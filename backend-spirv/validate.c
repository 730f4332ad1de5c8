/* SPIRV-Tools' judgement of a module, and its disassembly. */
#include <spirv-tools/libspirv.h>
#include <spirv/unified1/spirv.h>
#include <string.h>

#include "backend-spirv/opencl_spirv.h"
#include "backend-spirv/spirv.h"
#include "ir/base/fatal.h"

static spv_context context_new(spv_target_env environment) {
    spv_context context = spvContextCreate(environment);
    if (context == NULL) {
        fatal_memory();
    }
    return context;
}

static void take_message(Text *why, spv_result_t result, spv_diagnostic diagnostic) {
    if (diagnostic == NULL || diagnostic->error == NULL) {
        text_printf(why, "SPIRV-Tools failed with status %d", (int)result);
    } else {
        text_printf(why, "word %zu: %s", diagnostic->position.index, diagnostic->error);
    }
}

/* SPIRV-Tools before 2024 cannot read SPV_KHR_maximal_reconvergence: what it adds to a module is one extension, of which
 * there is no more than a name, and a mode of each entry point. They see the module without. */
static SpirvBinary without_reconvergence(Arena *arena, SpirvBinary binary) {
    enum { HEADER_WORDS = 5, MAXIMALLY_RECONVERGES = 6023 };
    static const char extension[] = "SPV_KHR_maximal_reconvergence";
    if ((binary.needs & SPIRV_RECONVERGENCE) == 0) {
        return binary;
    }
    uint32_t *words = NEW_ARRAY(arena, uint32_t, binary.count);
    size_t count = HEADER_WORDS;
    memcpy(words, binary.words, HEADER_WORDS * sizeof *words);
    for (size_t at = HEADER_WORDS, length; at < binary.count; at += length) {
        const uint32_t *word = binary.words + at;
        length = *word >> SpvWordCountShift;
        SpvOp op = (SpvOp)(*word & SpvOpCodeMask);
        bool is_mode = op == SpvOpExecutionMode && word[2] == MAXIMALLY_RECONVERGES;
        bool is_name = op == SpvOpExtension && (length - 1) * sizeof *word >= sizeof extension &&
                       memcmp(word + 1, extension, sizeof extension) == 0;
        if (!is_mode && !is_name) {
            memcpy(words + count, word, length * sizeof *words);
            count += length;
        }
    }
    return (SpirvBinary){words, count, 0};
}

static bool validate(spv_target_env environment, const uint32_t *words, size_t count, Text *why) {
    spv_context context = context_new(environment);
    spv_diagnostic diagnostic = NULL;
    spv_const_binary_t module = {words, count};
    spv_result_t result = spvValidate(context, &module, &diagnostic);
    if (result != SPV_SUCCESS) {
        take_message(why, result, diagnostic);
    }
    spvDiagnosticDestroy(diagnostic);
    spvContextDestroy(context);
    return result == SPV_SUCCESS;
}

/* What an extension of OpenCL brings, and SPIRV-Tools do not know of: then all are allowed that the version has. */
static bool needs_extension(const uint32_t *words, size_t count) {
    enum { HEADER_WORDS = 5 };
    bool found = false;
    for (size_t at = HEADER_WORDS; at < count && (words[at] & SpvOpCodeMask) == SpvOpCapability;
         at += words[at] >> SpvWordCountShift) {
        found |=
            words[at + 1] == SpvCapabilityFloat16 || words[at + 1] == SpvCapabilityInt64Atomics;
    }
    return found;
}

/* SPIRV-Tools know no OpenCL 3.0. */
bool opencl_spirv_validate(const uint32_t *words, size_t count, OpenclSpirvVersion version,
                           Text *why) {
    static const spv_target_env environments[][2] = {
        [OPENCL_SPIRV_1_0] = {SPV_ENV_OPENCL_2_1, SPV_ENV_UNIVERSAL_1_0},
        [OPENCL_SPIRV_1_2] = {SPV_ENV_OPENCL_2_2, SPV_ENV_UNIVERSAL_1_2},
        [OPENCL_SPIRV_1_4] = {SPV_ENV_UNIVERSAL_1_4, SPV_ENV_UNIVERSAL_1_4},
    };
    return validate(environments[version][needs_extension(words, count)], words, count, why);
}

bool spirv_validate(SpirvBinary binary, SpirvTarget target, Text *why) {
    static const spv_target_env environments[] = {
        [SPIRV_VULKAN_1_1] = SPV_ENV_VULKAN_1_1,
        [SPIRV_VULKAN_1_2] = SPV_ENV_VULKAN_1_2,
        [SPIRV_VULKAN_1_3] = SPV_ENV_VULKAN_1_3,
    };
    binary = without_reconvergence(why->arena, binary);
    return validate(environments[target], binary.words, binary.count, why);
}

bool spirv_disassemble(Text *out, SpirvBinary binary, Text *why) {
    spv_context context = context_new(SPV_ENV_UNIVERSAL_1_6);
    spv_diagnostic diagnostic = NULL;
    spv_text text = NULL;
    if ((binary.needs & SPIRV_RECONVERGENCE) != 0) {
        text_add(out, "; SPV_KHR_maximal_reconvergence; MaximallyReconvergesKHR\n");
        binary = without_reconvergence(out->arena, binary);
    }
    spv_result_t result =
        spvBinaryToText(context, binary.words, binary.count,
                        SPV_BINARY_TO_TEXT_OPTION_INDENT | SPV_BINARY_TO_TEXT_OPTION_FRIENDLY_NAMES,
                        &text, &diagnostic);
    if (result == SPV_SUCCESS) {
        text_bytes(out, text->str, text->length);
    } else {
        take_message(why, result, diagnostic);
    }
    spvTextDestroy(text);
    spvDiagnosticDestroy(diagnostic);
    spvContextDestroy(context);
    return result == SPV_SUCCESS;
}
