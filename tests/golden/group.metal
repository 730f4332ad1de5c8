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

struct buffer_atomic_f32_
{
    uint data[1];
};

struct buffer_atomic_u32_
{
    uint data[1];
};

kernel void sums(constant uint* spvBufferSizeConstants [[buffer(4)]], const device buffer_f32& __restrict x [[buffer(0)]], volatile device buffer_atomic_f32_& __restrict total [[buffer(1)]], volatile device buffer_atomic_u32_& __restrict counts [[buffer(2)]], device buffer_f32& __restrict _out [[buffer(3)]], uint gl_LocalInvocationIndex [[thread_index_in_threadgroup]], uint3 gl_GlobalInvocationID [[thread_position_in_grid]])
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
    bool _52 = gl_GlobalInvocationID.x < ((xBufferSize - 0) / 4);
    float _58;
    if (_52)
    {
        _58 = x.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _58 = 0.0;
    }
    bool _59 = gl_LocalInvocationIndex < 64u;
    if (_59)
    {
        part[gl_LocalInvocationIndex] = _58;
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 32u)
    {
        uint _67 = gl_LocalInvocationIndex + 32u;
        if (_59)
        {
            part[gl_LocalInvocationIndex] = (_59 ? part[min(gl_LocalInvocationIndex, 63u)] : 0.0) + ((_67 < 64u) ? part[min(_67, 63u)] : 0.0);
        }
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 16u)
    {
        uint _87 = gl_LocalInvocationIndex + 16u;
        if (_59)
        {
            part[gl_LocalInvocationIndex] = (_59 ? part[min(gl_LocalInvocationIndex, 63u)] : 0.0) + ((_87 < 64u) ? part[min(_87, 63u)] : 0.0);
        }
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 8u)
    {
        uint _105 = gl_LocalInvocationIndex + 8u;
        if (_59)
        {
            part[gl_LocalInvocationIndex] = (_59 ? part[min(gl_LocalInvocationIndex, 63u)] : 0.0) + ((_105 < 64u) ? part[min(_105, 63u)] : 0.0);
        }
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 4u)
    {
        uint _123 = gl_LocalInvocationIndex + 4u;
        if (_59)
        {
            part[gl_LocalInvocationIndex] = (_59 ? part[min(gl_LocalInvocationIndex, 63u)] : 0.0) + ((_123 < 64u) ? part[min(_123, 63u)] : 0.0);
        }
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex < 2u)
    {
        uint _140 = gl_LocalInvocationIndex + 2u;
        if (_59)
        {
            part[gl_LocalInvocationIndex] = (_59 ? part[min(gl_LocalInvocationIndex, 63u)] : 0.0) + ((_140 < 64u) ? part[min(_140, 63u)] : 0.0);
        }
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (_40)
    {
        uint _156 = gl_LocalInvocationIndex + 1u;
        if (_59)
        {
            part[gl_LocalInvocationIndex] = (_59 ? part[min(gl_LocalInvocationIndex, 63u)] : 0.0) + ((_156 < 64u) ? part[min(_156, 63u)] : 0.0);
        }
    }
    threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    if (gl_LocalInvocationIndex == 0u)
    {
        if (((totalBufferSize - 0) / 4) > 0u)
        {
            uint _180 = atomic_load_explicit((volatile device atomic_uint*)&total.data[0u], memory_order_relaxed);
            float _181 = as_type<float>(_180);
            float _192;
            float _186 = _181;
            for (;;)
            {
                uint _189 = as_type<uint>(_186);
                uint _191;
                do
                {
                    _191 = _189;
                } while (!atomic_compare_exchange_weak_explicit((volatile device atomic_uint*)&total.data[0u], &_191, as_type<uint>(_186 + part[0u]), memory_order_relaxed, memory_order_relaxed) && _191 == _189);
                _192 = as_type<float>(_191);
                if (as_type<uint>(_192) == as_type<uint>(_186))
                {
                    break;
                }
                _186 = _192;
                continue;
            }
        }
    }
    float _202;
    if (_52)
    {
        _202 = x.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _202 = 0.0;
    }
    float _204 = _202 * 16.0;
    uint bin = (_204 >= 4294967296.0) ? 4294967295u : uint(((_204 >= 0.0) && (_204 < 4294967296.0)) ? _204 : 0.0);
    bool _214 = bin < ((countsBufferSize - 0) / 4);
    if (_214)
    {
        uint _218 = atomic_fetch_add_explicit((volatile device atomic_uint*)&counts.data[bin], 1u, memory_order_relaxed);
    }
    uint old;
    if (_214)
    {
        uint _223;
        do
        {
            _223 = 1u;
        } while (!atomic_compare_exchange_weak_explicit((volatile device atomic_uint*)&counts.data[bin], &_223, 100u, memory_order_relaxed, memory_order_relaxed) && _223 == 1u);
        old = _223;
    }
    else
    {
        old = 0u;
    }
    int _226 = atomic_fetch_max_explicit((threadgroup atomic_int*)&first, int(old), memory_order_relaxed);
    float _231;
    if (_52)
    {
        _231 = x.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _231 = 0.0;
    }
    float sum = simd_sum(_231);
    float _234 = spvSubgroupShuffleXor(sum, 1u);
    float _236 = spvSubgroupShuffleUp(sum, 2u);
    int _238 = atomic_load_explicit((threadgroup atomic_int*)&first, memory_order_relaxed);
    if (gl_GlobalInvocationID.x < ((_outBufferSize - 0) / 4))
    {
        _out.data[gl_GlobalInvocationID.x] = ((sum + _234) + _236) + float(_238);
    }
}

