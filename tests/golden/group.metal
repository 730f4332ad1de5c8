#pragma clang diagnostic ignored "-Wmissing-prototypes"
#pragma clang diagnostic ignored "-Wunused-variable"

#include <metal_stdlib>
#include <simd/simd.h>
#include <metal_atomic>

using namespace metal;

template<typename T>
inline T spvSubgroupShuffleXor(T value, ushort mask)
{
    return simd_shuffle_xor(value, mask);
}

template<>
inline bool spvSubgroupShuffleXor(bool value, ushort mask)
{
    return !!simd_shuffle_xor((ushort)value, mask);
}

template<uint N>
inline vec<bool, N> spvSubgroupShuffleXor(vec<bool, N> value, ushort mask)
{
    return (vec<bool, N>)simd_shuffle_xor((vec<ushort, N>)value, mask);
}

template<typename T>
inline T spvSubgroupShuffleUp(T value, ushort delta)
{
    return simd_shuffle_up(value, delta);
}

template<>
inline bool spvSubgroupShuffleUp(bool value, ushort delta)
{
    return !!simd_shuffle_up((ushort)value, delta);
}

template<uint N>
inline vec<bool, N> spvSubgroupShuffleUp(vec<bool, N> value, ushort delta)
{
    return (vec<bool, N>)simd_shuffle_up((vec<ushort, N>)value, delta);
}

struct buffer_f32
{
    float data[1];
};

struct buffer_atomic_f32
{
    uint data[1];
};

struct buffer_atomic_u32
{
    uint data[1];
};

kernel void sums(constant uint* spvBufferSizeConstants [[buffer(4)]], const device buffer_f32& __restrict x [[buffer(0)]], volatile device buffer_atomic_f32& __restrict total [[buffer(1)]], volatile device buffer_atomic_u32& __restrict counts [[buffer(2)]], device buffer_f32& __restrict _out [[buffer(3)]], uint gl_LocalInvocationIndex [[thread_index_in_threadgroup]], uint3 gl_GlobalInvocationID [[thread_position_in_grid]])
{
    threadgroup float part[64];
    threadgroup int first;
    constant uint& xBufferSize = spvBufferSizeConstants[0];
    constant uint& totalBufferSize = spvBufferSizeConstants[1];
    constant uint& countsBufferSize = spvBufferSizeConstants[2];
    constant uint& _outBufferSize = spvBufferSizeConstants[3];
    part[gl_LocalInvocationIndex] = 0.0;
    bool _40 = gl_LocalInvocationIndex < 1u;
    if (_40)
    {
        atomic_store_explicit((threadgroup atomic_int*)&first, 0, memory_order_relaxed);
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    float _58;
    if (gl_GlobalInvocationID.x < ((xBufferSize - 0) / 4))
    {
        _58 = x.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _58 = 0.0;
    }
    part[gl_LocalInvocationIndex] = _58;
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 32u)
    {
        part[gl_LocalInvocationIndex] += part[gl_LocalInvocationIndex + 32u];
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 16u)
    {
        part[gl_LocalInvocationIndex] += part[gl_LocalInvocationIndex + 16u];
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 8u)
    {
        part[gl_LocalInvocationIndex] += part[gl_LocalInvocationIndex + 8u];
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 4u)
    {
        part[gl_LocalInvocationIndex] += part[gl_LocalInvocationIndex + 4u];
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 2u)
    {
        part[gl_LocalInvocationIndex] += part[gl_LocalInvocationIndex + 2u];
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (_40)
    {
        part[gl_LocalInvocationIndex] += part[gl_LocalInvocationIndex + 1u];
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex == 0u)
    {
        if (((totalBufferSize - 0) / 4) > 0u)
        {
            uint _133 = atomic_load_explicit((volatile device atomic_uint*)&total.data[0u], memory_order_relaxed);
            float _134 = as_type<float>(_133);
            float _145;
            float _139 = _134;
            for (;;)
            {
                uint _142 = as_type<uint>(_139);
                uint _144;
                do
                {
                    _144 = _142;
                } while (!atomic_compare_exchange_weak_explicit((volatile device atomic_uint*)&total.data[0u], &_144, as_type<uint>(_139 + part[0u]), memory_order_relaxed, memory_order_relaxed) && _144 == _142);
                _145 = as_type<float>(_144);
                if (as_type<uint>(_145) == as_type<uint>(_139))
                {
                    break;
                }
                _139 = _145;
                continue;
            }
        }
    }
    float _152 = _58 * 16.0;
    uint bin = (_152 >= 4294967296.0) ? 4294967295u : uint(((_152 >= 0.0) && (_152 < 4294967296.0)) ? _152 : 0.0);
    uint _170;
    if (bin < ((countsBufferSize - 0) / 4))
    {
        uint _166 = atomic_fetch_add_explicit((volatile device atomic_uint*)&counts.data[bin], 1u, memory_order_relaxed);
        uint old;
        do
        {
            old = 1u;
        } while (!atomic_compare_exchange_weak_explicit((volatile device atomic_uint*)&counts.data[bin], &old, 100u, memory_order_relaxed, memory_order_relaxed) && old == 1u);
        _170 = old;
    }
    else
    {
        _170 = 0u;
    }
    int _172 = atomic_fetch_max_explicit((threadgroup atomic_int*)&first, int(_170), memory_order_relaxed);
    float sum = simd_sum(_58);
    float _175 = spvSubgroupShuffleXor(sum, 1u);
    float _177 = spvSubgroupShuffleUp(sum, 2u);
    int _179 = atomic_load_explicit((threadgroup atomic_int*)&first, memory_order_relaxed);
    if (gl_GlobalInvocationID.x < ((_outBufferSize - 0) / 4))
    {
        _out.data[gl_GlobalInvocationID.x] = ((sum + _175) + _177) + float(_179);
    }
}

