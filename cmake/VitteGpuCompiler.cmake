# vitte_gpu_find_compiler(FOLDER VERSION PROBLEM): makes VitteGpu::vittec-gpu, a program that runs on the machine that
# builds, whatever is built for. FOLDER is where the package has its own; PROBLEM is set to what is wrong, or to "".
#
# VITTEC_GPU_EXECUTABLE goes before all. Else it is the package's own or, when cross-compiling, one that is found on the
# host. Its version must be VERSION but for the last number: the runtime reads what it writes.
include_guard(DIRECTORY)

function(vitte_gpu_find_compiler folder version problem)
    set(${problem} "" PARENT_SCOPE)
    if(TARGET VitteGpu::vittec-gpu)
        return()
    endif()
    if(VITTEC_GPU_EXECUTABLE AND NOT EXISTS "${VITTEC_GPU_EXECUTABLE}")
        set(${problem} "VITTEC_GPU_EXECUTABLE is ${VITTEC_GPU_EXECUTABLE}, and there is no such file" PARENT_SCOPE)
        return()
    endif()
    set(doc "The compiler of GPU kernels, a program of the machine that builds")
    if(CMAKE_CROSSCOMPILING) # the folders of CMAKE_PREFIX_PATH are the other machine's
        find_program(VITTEC_GPU_EXECUTABLE vittec-gpu HINTS ${CMAKE_PROGRAM_PATH} DOC "${doc}"
            NO_PACKAGE_ROOT_PATH NO_CMAKE_PATH NO_CMAKE_INSTALL_PREFIX NO_CMAKE_FIND_ROOT_PATH)
    else()
        find_program(VITTEC_GPU_EXECUTABLE vittec-gpu HINTS "${folder}" DOC "${doc}")
    endif()
    if(NOT VITTEC_GPU_EXECUTABLE)
        set(${problem} "there is no vittec-gpu that runs on this machine; install it, or say \
-DVITTEC_GPU_EXECUTABLE=/path/to/vittec-gpu" PARENT_SCOPE)
        return()
    endif()

    execute_process(COMMAND "${VITTEC_GPU_EXECUTABLE}" --version
        OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
    string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" found "${said}")
    string(REGEX REPLACE "\\.[0-9]+$" "" found_pair "${found}")
    string(REGEX REPLACE "\\.[0-9]+$" "" wanted_pair "${version}")
    if(NOT status EQUAL 0 OR found STREQUAL "")
        set(${problem} "${VITTEC_GPU_EXECUTABLE} does not run on this machine; say \
-DVITTEC_GPU_EXECUTABLE=/path/to/vittec-gpu" PARENT_SCOPE)
        return()
    endif()
    if(NOT found_pair STREQUAL wanted_pair)
        set(${problem} "${VITTEC_GPU_EXECUTABLE} is version ${found}, the runtime library is ${version}" PARENT_SCOPE)
        return()
    endif()
    add_executable(VitteGpu::vittec-gpu IMPORTED GLOBAL)
    set_target_properties(VitteGpu::vittec-gpu PROPERTIES IMPORTED_LOCATION "${VITTEC_GPU_EXECUTABLE}")
endfunction()
