# vitte_gpu_add_kernels(<target>
#     SOURCES a.vt b.vt ...
#     [BUNDLE app.vgpu]                  the kernels as one file, to be shipped with the program
#     [HEADER app_kernels.h] [EMBED]     typed launch functions; EMBED: with the bundle inside
#     [TARGETS vulkan wgsl ...]          of --print-targets; default: all
#     [DEFINES NAME=VALUE ...]           the value of a top-level const
#     [VARIANTS NAME=VALUE,... ...]      every kernel once more with these values
#     [INCLUDES folder ...]              where `use` looks
#     [PROFILE name ...]                 of --print-profiles: devices that the kernels must fit
#     [OPTIMIZE 0|1|2|3|s]
#     [OPTIONS option ...]               anything else that vittec-gpu knows
#     [INSTALL_DESTINATION folder])      where `install` puts the bundle
#
# Compiles kernels for <target>, an executable or a library that exists, whenever a source or a file that it uses has
# changed, and gives it the folder of the header and VitteGpu::runtime. Without BUNDLE and HEADER it makes
# <target>.vgpu. A relative BUNDLE lies beside the programs of its folder (with several configurations, in the folder of
# each); where it is, the target's property VITTE_GPU_BUNDLES tells.
include_guard(DIRECTORY)

function(vitte_gpu_add_kernels target)
    # Dependency files name absolute paths, and CMake translates them for each generator.
    cmake_policy(SET CMP0116 NEW)
    set(function "vitte_gpu_add_kernels(${target})")
    cmake_parse_arguments(PARSE_ARGV 1 arg "EMBED" "BUNDLE;HEADER;OPTIMIZE;INSTALL_DESTINATION"
        "SOURCES;TARGETS;DEFINES;VARIANTS;INCLUDES;PROFILE;OPTIONS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${function}: what is ${arg_UNPARSED_ARGUMENTS}? The sources follow the word SOURCES.")
    endif()
    if(arg_KEYWORDS_MISSING_VALUES)
        message(FATAL_ERROR "${function}: nothing follows ${arg_KEYWORDS_MISSING_VALUES}.")
    endif()
    if(NOT TARGET "${target}")
        message(FATAL_ERROR "${function}: there is no target `${target}`; add_executable or add_library comes first.")
    endif()
    if(NOT arg_SOURCES)
        message(FATAL_ERROR "${function}: no SOURCES.")
    endif()
    if(arg_EMBED AND NOT arg_HEADER)
        message(FATAL_ERROR "${function}: EMBED puts the bundle into a header; say HEADER, too.")
    endif()
    if(DEFINED arg_OPTIMIZE AND NOT arg_OPTIMIZE MATCHES "^([0123s]|\\$<.*>)$")
        message(FATAL_ERROR "${function}: OPTIMIZE is 0, 1, 2, 3 or s, not `${arg_OPTIMIZE}`.")
    endif()
    if(NOT TARGET VitteGpu::vittec-gpu)
        message(FATAL_ERROR "${function}: there is no VitteGpu::vittec-gpu; find_package(VitteGpu REQUIRED) comes first.")
    endif()

    set(sources "")
    foreach(source IN LISTS arg_SOURCES)
        get_filename_component(path "${source}" ABSOLUTE)
        get_source_file_property(generated "${path}" GENERATED)
        if(NOT generated AND NOT EXISTS "${path}")
            message(FATAL_ERROR "${function}: there is no kernel source `${source}` (looked for ${path}).")
        endif()
        list(APPEND sources "${path}")
    endforeach()

    set(options "")
    if(arg_TARGETS)
        list(JOIN arg_TARGETS "," list)
        list(APPEND options "--targets=${list}")
    endif()
    foreach(define IN LISTS arg_DEFINES)
        list(APPEND options "-D${define}")
    endforeach()
    foreach(variant IN LISTS arg_VARIANTS)
        list(APPEND options "--variant=${variant}")
    endforeach()
    foreach(folder IN LISTS arg_INCLUDES)
        get_filename_component(path "${folder}" ABSOLUTE)
        list(APPEND options "-I${path}")
    endforeach()
    if(DEFINED arg_OPTIMIZE)
        list(APPEND options "-O${arg_OPTIMIZE}")
    endif()
    foreach(profile IN LISTS arg_PROFILE)
        list(APPEND options "--profile=${profile}")
    endforeach()
    list(APPEND options ${arg_OPTIONS})

    # Several configurations have a folder each, beside their programs.
    get_property(several GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}")
    set(header_folder "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.kernels")
    if(several)
        string(APPEND folder "/$<CONFIG>")
        string(APPEND header_folder "/$<CONFIG>")
    endif()
    if(NOT arg_BUNDLE AND NOT arg_HEADER)
        set(arg_BUNDLE "${target}.vgpu")
    endif()

    set(outputs "")
    if(arg_BUNDLE)
        cmake_path(ABSOLUTE_PATH arg_BUNDLE BASE_DIRECTORY "${folder}" OUTPUT_VARIABLE bundle)
        _vitte_gpu_compile("${bundle}" "${sources}" "${options}")
        list(APPEND outputs "${bundle}")
        set_property(TARGET ${target} APPEND PROPERTY VITTE_GPU_BUNDLES "${bundle}")
        if(DEFINED arg_INSTALL_DESTINATION)
            install(FILES "${bundle}" DESTINATION "${arg_INSTALL_DESTINATION}")
        endif()
    endif()
    if(arg_HEADER)
        cmake_path(ABSOLUTE_PATH arg_HEADER BASE_DIRECTORY "${header_folder}" OUTPUT_VARIABLE header)
        set(embed "")
        if(arg_EMBED)
            set(embed "--embed")
        endif()
        _vitte_gpu_compile("${header}" "${sources}" "${options};${embed}")
        list(APPEND outputs "${header}")
        if(IS_ABSOLUTE "${arg_HEADER}")
            cmake_path(GET header PARENT_PATH header_folder)
        endif()
    endif()

    # A target of its own, so that <target> may be of another folder.
    set(number 1)
    while(TARGET ${target}_kernels_${number})
        math(EXPR number "${number} + 1")
    endwhile()
    add_custom_target(${target}_kernels_${number} DEPENDS ${outputs})
    get_target_property(type ${target} TYPE)
    add_dependencies(${target} ${target}_kernels_${number})
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
        set_property(TARGET ${target} APPEND PROPERTY INCLUDE_DIRECTORIES "${header_folder}")
        set_property(TARGET ${target} APPEND PROPERTY LINK_LIBRARIES VitteGpu::runtime)
    endif()
    if(NOT type STREQUAL "EXECUTABLE")
        set_property(TARGET ${target} APPEND PROPERTY INTERFACE_INCLUDE_DIRECTORIES "$<BUILD_INTERFACE:${header_folder}>")
        set_property(TARGET ${target} APPEND PROPERTY INTERFACE_LINK_LIBRARIES VitteGpu::runtime)
    endif()
endfunction()

# One run of the compiler.
function(_vitte_gpu_compile output sources options)
    cmake_path(RELATIVE_PATH output BASE_DIRECTORY "${CMAKE_BINARY_DIR}" OUTPUT_VARIABLE shown)
    cmake_path(GET output PARENT_PATH folder)
    add_custom_command(OUTPUT "${output}"
        COMMAND ${CMAKE_COMMAND} -E make_directory "${folder}"
        COMMAND VitteGpu::vittec-gpu ${sources} -o "${output}" -MF "${output}.d" -MT "${output}" ${options}
        DEPENDS ${sources} "$<TARGET_FILE:VitteGpu::vittec-gpu>"
        DEPFILE "${output}.d"
        COMMENT "Compiling GPU kernels: ${shown}"
        COMMAND_EXPAND_LISTS VERBATIM)
endfunction()
