# find_package(VitteGpu): the compiler, the runtime library, and vitte_gpu_add_kernels().
#
#   VitteGpu::vittec-gpu       the compiler, a program of the machine that builds
#   VitteGpu::runtime          the runtime library: the static one, or, with VITTE_GPU_SHARED=ON, the shared one
#   VitteGpu::runtime_static   each by its name
#   VitteGpu::runtime_shared
#
# VITTEC_GPU_EXECUTABLE names another compiler; when cross-compiling, the one of this package may not run here, and the
# host's is looked for.
include(CMakeFindDependencyMacro)
find_dependency(Threads)

get_filename_component(_vitte_gpu_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET VitteGpu::runtime_static)
    add_library(VitteGpu::runtime_static STATIC IMPORTED)
    set_target_properties(VitteGpu::runtime_static PROPERTIES
        IMPORTED_LOCATION "${_vitte_gpu_prefix}/lib/libvitte-gpu.a"
        IMPORTED_LINK_INTERFACE_LANGUAGES C
        INTERFACE_INCLUDE_DIRECTORIES "${_vitte_gpu_prefix}/include"
        INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS};m")

    add_library(VitteGpu::runtime_shared SHARED IMPORTED)
    set_target_properties(VitteGpu::runtime_shared PROPERTIES
        IMPORTED_LOCATION "${_vitte_gpu_prefix}/lib/libvitte-gpu.so"
        INTERFACE_INCLUDE_DIRECTORIES "${_vitte_gpu_prefix}/include")

    add_library(VitteGpu::runtime INTERFACE IMPORTED)
    if(VITTE_GPU_SHARED)
        set_target_properties(VitteGpu::runtime PROPERTIES INTERFACE_LINK_LIBRARIES VitteGpu::runtime_shared)
    else()
        set_target_properties(VitteGpu::runtime PROPERTIES INTERFACE_LINK_LIBRARIES VitteGpu::runtime_static)
    endif()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/VitteGpuCompiler.cmake")
vitte_gpu_find_compiler("${_vitte_gpu_prefix}/bin" "${VitteGpu_VERSION}" _vitte_gpu_problem)
if(_vitte_gpu_problem)
    set(VitteGpu_FOUND FALSE)
    set(VitteGpu_NOT_FOUND_MESSAGE "${_vitte_gpu_problem}")
endif()
include("${CMAKE_CURRENT_LIST_DIR}/VitteGpuKernels.cmake")

unset(_vitte_gpu_prefix)
unset(_vitte_gpu_problem)
