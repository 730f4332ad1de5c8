/* build.c: from LLVM IR to native code. */
#include <dlfcn.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/Core.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Target.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fakes/llvm_jit/jit.h"

enum {
    SPIR_FUNC = 75, /* calling conventions of LLVM */
    SPIR_KERNEL = 76,
    MOST_FUNCTIONS = 16
};

static struct _cl_mem nothing; /* where no buffer is given */

static cl_int refuse(cl_program program, const char *why) {
    snprintf(program->log, sizeof program->log, "%s", why);
    return CL_BUILD_PROGRAM_FAILURE;
}

static cl_int refuse_error(cl_program program, LLVMErrorRef error) {
    char *why = LLVMGetErrorMessage(error);
    refuse(program, why);
    LLVMDisposeErrorMessage(why);
    return CL_BUILD_PROGRAM_FAILURE;
}

/* The conventions of SPIR are none of a CPU. */
static void use_native_calls(LLVMModuleRef module) {
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f != NULL; f = LLVMGetNextFunction(f)) {
        if (LLVMGetFunctionCallConv(f) == SPIR_FUNC) {
            LLVMSetFunctionCallConv(f, LLVMCCallConv);
        }
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b != NULL;
             b = LLVMGetNextBasicBlock(b)) {
            for (LLVMValueRef i = LLVMGetFirstInstruction(b); i != NULL;
                 i = LLVMGetNextInstruction(i)) {
                if (LLVMIsACallInst(i) != NULL && LLVMGetInstructionCallConv(i) == SPIR_FUNC) {
                    LLVMSetInstructionCallConv(i, LLVMCCallConv);
                }
            }
        }
    }
}

/* The memory of the buffer whose handle is at `at`. */
static LLVMValueRef buffer_argument(LLVMContextRef llvm, LLVMBuilderRef builder, LLVMTypeRef type,
                                    LLVMValueRef at) {
    LLVMTypeRef word = LLVMInt64TypeInContext(llvm);
    LLVMValueRef handle = LLVMBuildLoad2(builder, word, at, "");
    LLVMValueRef none = LLVMBuildICmp(builder, LLVMIntEQ, handle, LLVMConstNull(word), "");
    LLVMValueRef instead = LLVMConstInt(word, (uintptr_t)&nothing, false);
    handle = LLVMBuildSelect(builder, none, instead, handle, "");
    LLVMTypeRef pointer = LLVMPointerTypeInContext(llvm, 0);
    return LLVMBuildLoad2(builder, type, LLVMBuildIntToPtr(builder, handle, pointer, ""), "");
}

/* What is at `at`; a form that is handed over by its place gets one of its own. */
static LLVMValueRef argument(LLVMContextRef llvm, LLVMBuilderRef builder, LLVMValueRef kernel,
                             unsigned index, LLVMValueRef at) {
    unsigned by_value = LLVMGetEnumAttributeKindForName("byval", strlen("byval"));
    LLVMAttributeRef form = LLVMGetEnumAttributeAtIndex(kernel, index + 1, by_value);
    LLVMTypeRef type =
        form != NULL ? LLVMGetTypeAttributeValue(form) : LLVMTypeOf(LLVMGetParam(kernel, index));
    if (LLVMGetTypeKind(type) == LLVMPointerTypeKind) {
        return buffer_argument(llvm, builder, type, at);
    }
    LLVMValueRef value = LLVMBuildLoad2(builder, type, at, "");
    LLVMSetAlignment(value, 1);
    if (form == NULL) {
        return value;
    }
    LLVMRemoveEnumAttributeAtIndex(kernel, index + 1, by_value);
    LLVMValueRef copy = LLVMBuildAlloca(builder, type, "");
    LLVMSetAlignment(copy, JIT_ALIGNMENT);
    LLVMBuildStore(builder, value, copy);
    return copy;
}

/* `run.NAME`, a JitEntry: calls the kernel, whose name may be one of C's and is nobody else's business. */
static void add_entry(LLVMContextRef llvm, LLVMModuleRef module, LLVMValueRef kernel) {
    size_t length;
    const char *its_name = LLVMGetValueName2(kernel, &length);
    char name[512];
    snprintf(name, sizeof name, "run.%.*s", (int)length, its_name);
    LLVMTypeRef pointer = LLVMPointerTypeInContext(llvm, 0);
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(llvm), &pointer, 1, false);
    LLVMValueRef entry = LLVMAddFunction(module, name, type), arguments[JIT_ARGUMENTS];
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(llvm);
    LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(llvm, entry, "entry"));
    unsigned count = LLVMCountParams(kernel);
    for (unsigned i = 0; i < count && i < JIT_ARGUMENTS; i++) {
        LLVMValueRef index = LLVMConstInt(LLVMInt64TypeInContext(llvm), i, false);
        LLVMValueRef slot = LLVMBuildGEP2(builder, pointer, LLVMGetParam(entry, 0), &index, 1, "");
        arguments[i] =
            argument(llvm, builder, kernel, i, LLVMBuildLoad2(builder, pointer, slot, ""));
    }
    LLVMSetFunctionCallConv(kernel, LLVMCCallConv);
    LLVMSetLinkage(kernel, LLVMInternalLinkage);
    LLVMBuildCall2(builder, LLVMGlobalGetValueType(kernel), kernel, arguments, count, "");
    LLVMBuildRetVoid(builder);
    LLVMDisposeBuilder(builder);
}

static void add_entries(LLVMContextRef llvm, LLVMModuleRef module) {
    LLVMValueRef next;
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f != NULL; f = next) {
        next = LLVMGetNextFunction(f);
        if (LLVMGetFunctionCallConv(f) == SPIR_KERNEL) {
            add_entry(llvm, module, f);
        }
    }
}

/* For the CPU that this is: halves of floats are an instruction of most. */
static LLVMErrorRef make_jit(LLVMOrcLLJITRef *jit) {
    LLVMOrcJITTargetMachineBuilderRef machine;
    LLVMErrorRef error = LLVMOrcJITTargetMachineBuilderDetectHost(&machine);
    if (error != NULL) {
        return error;
    }
    LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
    LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(builder, machine);
    return LLVMOrcCreateLLJIT(jit, builder);
}

static LLVMErrorRef define_functions(LLVMOrcLLJITRef jit) {
    LLVMOrcCSymbolMapPair pairs[MOST_FUNCTIONS];
    size_t count = 0;
    for (const JitFunction *f = jit_functions; f->name != NULL && count < MOST_FUNCTIONS; f++) {
        pairs[count++] = (LLVMOrcCSymbolMapPair){
            LLVMOrcLLJITMangleAndIntern(jit, f->name),
            {f->address,
             {LLVMJITSymbolGenericFlagsExported | LLVMJITSymbolGenericFlagsCallable, 0}}};
    }
    return LLVMOrcJITDylibDefine(LLVMOrcLLJITGetMainJITDylib(jit),
                                 LLVMOrcAbsoluteSymbols(pairs, count));
}

/* Another text in place of what the host gives: how tests put mistakes in. */
static bool take_text(cl_program program, char **why) {
    const char *name = getenv("LLVM_JIT_TEXT");
    if (name == NULL) {
        return true;
    }
    LLVMDisposeMemoryBuffer(program->text);
    program->text = NULL;
    return !LLVMCreateMemoryBufferWithContentsOfFile(name, &program->text, why);
}

cl_int jit_build(cl_program program) {
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_GLOBAL); /* conversions of halves that the CPU lacks */
    LLVMContextRef llvm = LLVMContextCreate();
    LLVMModuleRef module;
    char *why = NULL;
    bool wrong =
        !take_text(program, &why) || LLVMParseIRInContext(llvm, program->text, &module, &why);
    program->text = NULL; /* it is the parser's */
    if (wrong) {
        refuse(program, why);
        LLVMDisposeMessage(why);
        LLVMContextDispose(llvm);
        return CL_BUILD_PROGRAM_FAILURE;
    }
    program->together = LLVMGetNamedFunction(module, "_Z7barrierj") != NULL;
    use_native_calls(module);
    add_entries(llvm, module);
    LLVMErrorRef error = make_jit(&program->jit);
    if (error != NULL) {
        program->jit = NULL;
    }
    error = error != NULL ? error : define_functions(program->jit);
    if (error == NULL) { /* sizes and places are the same in both */
        LLVMSetTarget(module, LLVMOrcLLJITGetTripleString(program->jit));
        LLVMSetDataLayout(module, LLVMOrcLLJITGetDataLayoutStr(program->jit));
    }
    if (error != NULL || LLVMVerifyModule(module, LLVMReturnStatusAction, &why)) {
        LLVMDisposeModule(module);
        LLVMContextDispose(llvm);
        return error != NULL ? refuse_error(program, error) : refuse(program, why);
    }
    LLVMOrcThreadSafeContextRef safe = LLVMOrcCreateNewThreadSafeContextFromLLVMContext(llvm);
    error = LLVMOrcLLJITAddLLVMIRModule(program->jit, LLVMOrcLLJITGetMainJITDylib(program->jit),
                                        LLVMOrcCreateNewThreadSafeModule(module, safe));
    LLVMOrcDisposeThreadSafeContext(safe);
    return error != NULL ? refuse_error(program, error) : CL_SUCCESS;
}

JitEntry jit_entry(cl_program program, const char *kernel) {
    char name[512];
    snprintf(name, sizeof name, "run.%s", kernel);
    LLVMOrcExecutorAddress address;
    LLVMErrorRef error = LLVMOrcLLJITLookup(program->jit, &address, name);
    if (error != NULL) { /* the function, or what its code calls */
        char *why = LLVMGetErrorMessage(error);
        fprintf(stderr, "llvm-jit: %s\n", why);
        LLVMDisposeErrorMessage(why);
    }
    return error == NULL ? (JitEntry)(uintptr_t)address : NULL;
}

void jit_close(cl_program program) {
    if (program->text != NULL) {
        LLVMDisposeMemoryBuffer(program->text);
    }
    if (program->jit != NULL) {
        LLVMConsumeError(LLVMOrcDisposeLLJIT(program->jit));
    }
}
