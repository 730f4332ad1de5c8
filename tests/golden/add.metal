#include <metal_stdlib>
#include <simd/simd.h>

using namespace metal;

struct buffer_f32
{
    float data[1];
};

kernel void add(constant uint* spvBufferSizeConstants [[buffer(3)]], const device buffer_f32& __restrict a [[buffer(0)]], const device buffer_f32& __restrict b [[buffer(1)]], device buffer_f32& __restrict _out [[buffer(2)]], uint3 gl_GlobalInvocationID [[thread_position_in_grid]])
{
    constant uint& aBufferSize = spvBufferSizeConstants[0];
    constant uint& bBufferSize = spvBufferSizeConstants[1];
    constant uint& _outBufferSize = spvBufferSizeConstants[2];
    float _31;
    if (gl_GlobalInvocationID.x < ((aBufferSize - 0) / 4))
    {
        _31 = a.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _31 = 0.0;
    }
    float _37;
    if (gl_GlobalInvocationID.x < ((bBufferSize - 0) / 4))
    {
        _37 = b.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _37 = 0.0;
    }
    if (gl_GlobalInvocationID.x < ((_outBufferSize - 0) / 4))
    {
        _out.data[gl_GlobalInvocationID.x] = _31 + _37;
    }
}

