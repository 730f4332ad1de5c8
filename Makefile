# vittec-gpu: everything a person types; `make help` lists it.
#
# No tool runs while this file is read: `make test` works where only make is installed, because whatever is built waits
# for tools/setup.sh, which installs what is missing. Folders are found by wildcard, so a new file needs no line here.

CONFIG       ?= release#     release, debug, sanitize (address, undefined), thread or fuzz
WERROR       ?=#             1: warnings are errors
V            ?=#             1: print whole commands
SETUP        ?=#             no: never look for missing packages
TEST_ARGS    ?=#             handed to the test runner
BENCH        ?=#             the parts of `make bench`: add, text, corpus, generated, dispatch, bundle, codegen, compile, bounds
FUZZ_SECONDS ?= 60#          for each fuzz target
STRESS_N     ?= 20000#       random programs of `make stress`
PICTURE      ?=#             a PNG file of yours, for `make demo` to find the edges of
PREFIX       ?= /usr/local#  where `make install` goes
DESTDIR      ?=#             put before PREFIX by packagers
CLANG        ?= clang-22#    compiler of CONFIG=fuzz
LLVM_LINK    ?= static#      or dynamic: how vittec-gpu is linked with LLVM and SPIRV-Cross
LLVM_PREFIX  ?= /usr/lib/llvm-22#  where LLVM is
CLANG_FORMAT ?= clang-format-22#  of `make format`

VERSION := $(subst ",,$(filter "%",$(file <driver/version.h)))
ABI     := 0

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# ---- flags

FLAGS_release  := -O2 -ffunction-sections -fdata-sections
FLAGS_debug    := -O0 -g -DVT_DEBUG=1
FLAGS_sanitize := -O1 -g -DVT_DEBUG=1 -fno-omit-frame-pointer -fno-sanitize-recover=undefined -fsanitize=address,undefined
FLAGS_thread   := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
FLAGS_fuzz     := $(FLAGS_sanitize),fuzzer-no-link
ifndef FLAGS_$(CONFIG)
$(error CONFIG=$(CONFIG): use release, debug, sanitize, thread or fuzz)
endif

ifeq ($(CONFIG),fuzz)
override CC := $(CLANG)
override CXX := $(CLANG)
else
ifeq ($(origin CC),default)
CC := cc
endif
ifeq ($(origin CXX),default)
CXX := c++
endif
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla $(if $(filter 1,$(WERROR)),-Werror)
COMPILE_CXX = $(CXX) -std=c++17 -fno-exceptions -fno-rtti -I. -Wall -Wextra -Wshadow $(if $(filter 1,$(WERROR)),-Werror) $(FLAGS_$(CONFIG)) $(CPPFLAGS) $(CXXFLAGS)
COMPILE  := $(CC) -std=c17 -D_POSIX_C_SOURCE=200809L -I. -Ibuild/gen $(WARNINGS) $(FLAGS_$(CONFIG)) $(CPPFLAGS) $(CFLAGS)
LINK     := $(CC) $(FLAGS_$(CONFIG)) -Wl,-O1 -Wl,--gc-sections -Wl,--as-needed $(CFLAGS) $(LDFLAGS)
# The runtime is small: programs carry it along, and its time goes into drivers.
RUNTIME_FLAGS := -fPIC -fvisibility=hidden $(if $(filter release,$(CONFIG)),-Os -fno-asynchronous-unwind-tables)
RUNTIME_LINK  := -Wl,-z,noseparate-code -Wl,--version-script=runtime-min/libvitte-gpu.map
SYSLIBS  := -ldl -lpthread -lm
# SPIRV-Tools and SPIRV-Cross are C++. The release links the C++ runtime statically: a process then starts in 0.9 ms instead of 1.6 ms.
SPIRV_CROSS := $(patsubst %,-l:libspirv-cross-%.a,c msl hlsl cpp reflect glsl util core)
STDCXX      := $(if $(filter release,$(CONFIG)),-l:libstdc++.a -static-libgcc,-lstdc++)

# LLVM, and SPIRV-Cross likewise. Static: its constructors run when it is needed (llvm-start.ld), and no address waits to be relocated (no-pie), so a process
# that does not use it starts as fast as without. The tests link it dynamically: that takes 40 MB and two seconds less for each;
# but not the tools that run on drivers of another system's root, which has no such library.
# The shell asks llvm-config when something is linked.
ifeq ($(filter static dynamic,$(LLVM_LINK)),)
$(error LLVM_LINK=$(LLVM_LINK): use static or dynamic)
endif
LLVM_INCLUDE := -isystem $(LLVM_PREFIX)/include
LLVM_static  := $(if $(filter release debug,$(CONFIG)),-no-pie) -Wl,-T,tools/llvm-start.ld -L$(LLVM_PREFIX)/lib \
                $$($(LLVM_PREFIX)/bin/llvm-config --link-static --libs core passes spirv) -l:libz.a -l:libzstd.a $(STDCXX)
LLVM_dynamic := -L$(LLVM_PREFIX)/lib -lLLVM -lstdc++
CROSS_static := $(SPIRV_CROSS)
CROSS_dynamic := -lspirv-cross-c-shared

# ---- files

B := build/$(CONFIG)
O := $(B)/obj
objects = $(patsubst %.c,$(O)/%.o,$1)

COMPILER_DIRS := ir/base ir ir/passes ir/llvm ir/interp ir/text frontend backend-spirv backend-wgsl backend-opencl backend-msl driver
LEXERS        := $(patsubst %.re,build/gen/%.c,$(wildcard $(COMPILER_DIRS:%=%/*.re)))
PARSERS       := $(patsubst %.y,build/gen/%.c,$(wildcard $(COMPILER_DIRS:%=%/*.y)))
PAGES         := $(sort $(wildcard docs/diagnostics/[EW]*.md))
GENERATED     := $(LEXERS) $(PARSERS) $(PARSERS:.c=.h) build/gen/driver/explain_pages.inc build/gen/driver/runtime_names.inc

MAIN_OBJ     := $(O)/driver/main.o
COMPILER_OBJ := $(filter-out $(MAIN_OBJ),$(call objects,$(wildcard $(COMPILER_DIRS:%=%/*.c)))) \
                $(patsubst %.cpp,$(O)/%.o,$(wildcard $(COMPILER_DIRS:%=%/*.cpp))) $(patsubst build/%.c,$(O)/%.o,$(LEXERS) $(PARSERS))
RUNTIME_OBJ  := $(call objects,$(wildcard runtime-min/*.c))

VITTEC  := $(B)/vittec-gpu
LIB     := $(B)/libvittec.a
RT_A    := $(B)/libvitte-gpu.a
RT_SO   := $(B)/libvitte-gpu.so.$(ABI)
PRODUCTS := $(VITTEC) $(LIB) $(RT_A) $(B)/libvitte-gpu.so

# One file, one program.
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
THREAD_TESTS := $(patsubst tests/threads/%.c,$(B)/tests/%,$(wildcard tests/threads/*.c))
TEST_TOOLS   := $(patsubst tests/tools/%.c,$(B)/tests/%,$(wildcard tests/tools/*.c))
BENCHES      := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))
GPU_BENCH    := $(B)/bench/gpu-bench
VITTEC_DYNAMIC := $(B)/bench/vittec-gpu-dynamic
GPU_BENCH_OBJ := $(call objects,$(wildcard bench/gpu/*.c))
EXAMPLES     := $(patsubst examples/%.c,$(B)/examples/%,$(wildcard examples/*.c))
FAKES        := $(patsubst tests/fakes/%.c,$(B)/tests/%.so,$(wildcard tests/fakes/*.c))
JIT_PARTS    := $(call objects,$(wildcard tests/fakes/llvm_jit/*.c))
FUZZERS      := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
PROGRAM_OBJ  := $(call objects,$(wildcard tests/unit/*.c tests/tools/*.c tests/fakes/*.c tests/fakes/llvm_jit/*.c tests/threads/*.c bench/*.c bench/gpu/*.c examples/*.c tests/fuzz/*.c))

# The packages that this run needs. Everything that is built waits for them.
NEEDS := $(if $(filter reference test bless stress bench bench-gpu-folder fuzz fuzzers run-fuzzers format format-check check-includes programs,$(MAKECMDGOALS)),test,$(if \
           $(filter demo,$(MAKECMDGOALS)),demo,build))
READY := $(if $(filter no,$(SETUP)),,build/.setup-$(NEEDS))

# ---- targets

.PHONY: all demo test bless report stress bench bench-gpu-folder fuzz fuzzers run-fuzzers programs install uninstall reference \
        format format-check check-includes setup clean help FORCE

all: $(PRODUCTS) ## compiler and runtime library, under build/CONFIG

demo: $(VITTEC) $(EXAMPLES) ## compile and run the examples, make the pictures
	sh examples/demo.sh $(B) $(if $(PICTURE),'$(subst ','\'',$(PICTURE))')

test: programs ## every test
	python3 tests/run.py --bin $(B) $(TEST_ARGS)

bless: programs ## rewrite the expected output of the golden tests; the diff is the review
	python3 tests/run.py --bin $(B) --bless $(TEST_ARGS)

report: ## the table of README.md, from the last whole run of the tests
	python3 tests/report.py build/report.json

stress: $(B)/tests/stress ## STRESS_N random programs, devices against interpreter
	python3 tests/run.py --bin $(B) --only random --random $(STRESS_N) $(TEST_ARGS)

bench: $(VITTEC) $(VITTEC_DYNAMIC) $(BENCHES) $(TEST_TOOLS) ## compile times, with other compilers beside them
	python3 bench/compile.py $(B) $(BENCH)

bench-gpu-folder: $(VITTEC) $(GPU_BENCH) ## build/bench-gpu: a folder to run where there is a GPU
	python3 bench/gpu/pack.py $(B) build/bench-gpu

fuzz: | $(READY) $(GENERATED) ## each fuzz target for FUZZ_SECONDS
	$(MAKE) CONFIG=fuzz run-fuzzers

programs: $(PRODUCTS) $(UNIT_TESTS) $(TEST_TOOLS) $(EXAMPLES) $(FAKES) $(THREAD_TESTS)
fuzzers: $(FUZZERS)

run-fuzzers: fuzzers $(VITTEC)
	sh tests/fuzz/run.sh $(B) $(FUZZ_SECONDS) $(notdir $(FUZZERS))

install: $(PRODUCTS) ## into DESTDIR and PREFIX
	sh tools/install.sh install $(B) '$(PREFIX)' '$(DESTDIR)'

uninstall: ## take away what install put there
	sh tools/install.sh uninstall $(B) '$(PREFIX)' '$(DESTDIR)'

reference: | $(READY) ## the reference of the runtime's header, under build/reference (Doxygen)
	@mkdir -p build
	VITTEC_VERSION=$(VERSION) doxygen docs/Doxyfile

format: | $(READY) ## lay the C sources out as .clang-format says
	find $(FORMATTED) -name '*.[ch]' -exec $(CLANG_FORMAT) -i {} +

format-check: | $(READY) ## fail where `make format` would change something
	find $(FORMATTED) -name '*.[ch]' -exec $(CLANG_FORMAT) --dry-run -Werror {} +

FORMATTED = $(wildcard ir frontend backend-* runtime-min driver tests examples bench)

check-includes: | $(READY) ## fail on an include that the dependency rule forbids
	python3 tests/check-includes.py

setup: ## install every package that build, demo and test need
	sh tools/setup.sh all

clean: ## remove build/
	rm -rf build

help: ## this list
	@awk -F ':.*## '      '/^[a-z-]+:.*## /      { printf "make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@awk -F ' *[?]= *|# *' '/^[A-Z_]+ *[?]= *.*# / { printf "%-21s %s\n", $$1 "=" $$2, $$3 }' $(firstword $(MAKEFILE_LIST))

# ---- how things are built

say = $(if $(V),,@printf '  %-6s %s\n' $1 $2)
Q  := $(if $(V),,@)

build/.setup-%: tools/setup.sh
	@sh tools/setup.sh $*
	@mkdir -p build && touch $@

# Files that change when what they hold changes: other flags recompile, other sources make a new archive.
$(B)/flags: HOLDS := $(COMPILE) $(LINK) $(LLVM_INCLUDE) $(LLVM_LINK) $(RUNTIME_FLAGS) $(RUNTIME_LINK)
$(B)/sources: HOLDS := $(COMPILER_OBJ) $(RUNTIME_OBJ)
$(B)/flags $(B)/sources: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(HOLDS))' > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

ALL_OBJ := $(MAIN_OBJ) $(COMPILER_OBJ) $(RUNTIME_OBJ) $(PROGRAM_OBJ)

# Until an object's own dependency file is there, nobody knows whether it includes a generated header: all are made first.
$(ALL_OBJ): $(B)/flags | $(READY) $(GENERATED)
$(RUNTIME_OBJ): private EXTRA := $(RUNTIME_FLAGS)
$(call objects,$(wildcard tests/fakes/*.c tests/fakes/llvm_jit/*.c)): private EXTRA := -fPIC $(LLVM_INCLUDE)
$(call objects,$(wildcard examples/*.c)): private EXTRA := -Iruntime-min
$(call objects,$(wildcard ir/llvm/*.c backend-spirv/opencl_*.c tests/unit/test_llvm*.c)) $(O)/ir/llvm/no_memory.o: private EXTRA := $(LLVM_INCLUDE)

$(O)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(EXTRA) -MMD -MP -c $< -o $@

$(O)/%.o: %.cpp
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE_CXX) $(EXTRA) -MMD -MP -c $< -o $@

$(O)/%.o: build/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -Wno-unused-but-set-variable -MMD -MP -c $< -o $@ # bison counts errors that nobody asks for

-include $(ALL_OBJ:.o=.d)

build/gen/%.c: %.re | $(READY)
	$(call say,RE2C,$<)
	@mkdir -p $(@D)
	$(Q)re2c -i -W $(if $(filter 1,$(WERROR)),-Werror) --no-generation-date -o $@ $<

build/gen/%.c build/gen/%.h: %.y | $(READY)
	$(call say,BISON,$<)
	@mkdir -p $(@D)
	$(Q)bison -Wall -Werror --header=build/gen/$*.h -o build/gen/$*.c $<

build/gen/driver/explain_pages.inc: tools/embed-pages.sh $(PAGES) $(wildcard docs/diagnostics) # the folder: for pages that go away
	@mkdir -p $(@D)
	$(Q)sh tools/embed-pages.sh $(PAGES) > $@

# What the headers of the runtime declare, for who must not declare it again; the preprocessor spells out what macros make.
build/gen/driver/runtime_names.inc: runtime-min/vitte_gpu.h runtime-min/vitte_gpu_typed.h | $(READY)
	@mkdir -p $(@D)
	$(Q){ cat $^; $(CC) -E -P runtime-min/vitte_gpu_typed.h; } | grep -oE '[Vv][Tt][Gg]_?[A-Za-z0-9_]+' | LC_ALL=C sort -u | sed 's/.*/"&",/' > $@

$(LIB): $(COMPILER_OBJ)
$(RT_A): $(RUNTIME_OBJ)
$(LIB) $(RT_A): $(B)/sources
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $(filter %.o,$^)

$(RT_SO): $(RUNTIME_OBJ) $(B)/sources runtime-min/libvitte-gpu.map
	$(call say,LINK,$@)
	$(Q)$(LINK) -shared -Wl,-soname,$(@F) $(RUNTIME_LINK) $(filter %.o,$^) $(SYSLIBS) -o $@

$(B)/libvitte-gpu.so: $(RT_SO)
	@ln -sf $(<F) $@

$(VITTEC): $(MAIN_OBJ)
$(UNIT_TESTS): $(B)/tests/%: $(O)/tests/unit/%.o
$(TEST_TOOLS): $(B)/tests/%: $(O)/tests/tools/%.o
$(BENCHES): $(B)/bench/%: $(O)/bench/%.o
$(FUZZERS): build/fuzz/%: $(O)/tests/fuzz/%.o
$(FUZZERS): private EXTRA := -fsanitize=fuzzer
WITH_LLVM := $(VITTEC) $(addprefix $(B)/tests/,commands stress)
$(WITH_LLVM): $(if $(filter static,$(LLVM_LINK)),tools/llvm-start.ld)
$(WITH_LLVM): private LLVM := $(CROSS_$(LLVM_LINK)) $(LLVM_$(LLVM_LINK))
$(VITTEC_DYNAMIC): $(MAIN_OBJ)
$(VITTEC_DYNAMIC): private LLVM := $(CROSS_dynamic) $(LLVM_dynamic)
$(VITTEC) $(VITTEC_DYNAMIC) $(UNIT_TESTS) $(TEST_TOOLS) $(BENCHES) $(FUZZERS): $(LIB) $(RT_A)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(EXTRA) $(filter %.o,$^) $(LIB) $(RT_A) -l:libSPIRV-Tools.a $(or $(LLVM),$(SPIRV_CROSS) $(LLVM_dynamic)) -l:libzstd.a $(SYSLIBS) -o $@

$(THREAD_TESTS): $(B)/tests/%: $(O)/tests/threads/%.o $(RT_A) # without the compiler, for CONFIG=thread
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(filter %.o,$^) $(RT_A) -l:libSPIRV-Tools.a -lstdc++ $(SYSLIBS) -o $@

$(B)/tests/llvm_jit.so: $(JIT_PARTS)
$(FAKES): $(B)/tests/%.so: $(O)/tests/fakes/%.o # a driver that a test opens
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -shared $(filter %.o,$^) $(LLVM_dynamic) -o $@

$(GPU_BENCH): $(GPU_BENCH_OBJ) $(RT_A)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(filter %.o,$^) $(RT_A) $(SYSLIBS) -o $@

$(EXAMPLES): $(B)/examples/%: $(O)/examples/%.o $(RT_A)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(filter %.o,$^) $(RT_A) -lpng $(SYSLIBS) -o $@
