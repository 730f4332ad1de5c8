/* SPIRV-Tools' judgement of a module, and its disassembly. */
#include <spirv-tools/libspirv.h>

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

bool spirv_validate(SpirvBinary binary, SpirvTarget target, Text *why) {
    static const spv_target_env environments[] = {
        [SPIRV_VULKAN_1_1] = SPV_ENV_VULKAN_1_1,
        [SPIRV_VULKAN_1_2] = SPV_ENV_VULKAN_1_2,
        [SPIRV_VULKAN_1_3] = SPV_ENV_VULKAN_1_3,
    };
    spv_context context = context_new(environments[target]);
    spv_diagnostic diagnostic = NULL;
    spv_const_binary_t module = {binary.words, binary.count};
    spv_result_t result = spvValidate(context, &module, &diagnostic);
    if (result != SPV_SUCCESS) {
        take_message(why, result, diagnostic);
    }
    spvDiagnosticDestroy(diagnostic);
    spvContextDestroy(context);
    return result == SPV_SUCCESS;
}

bool spirv_disassemble(Text *out, SpirvBinary binary, Text *why) {
    spv_context context = context_new(SPV_ENV_UNIVERSAL_1_6);
    spv_diagnostic diagnostic = NULL;
    spv_text text = NULL;
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
