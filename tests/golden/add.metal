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
    uint _14 = (aBufferSize - 0) / 4;
    uint _15 = (bBufferSize - 0) / 4;
    uint _16 = (_outBufferSize - 0) / 4;
    if (gl_GlobalInvocationID.x < min(min(_14, _15), _16))
    {
        _out.data[gl_GlobalInvocationID.x] = a.data[gl_GlobalInvocationID.x] + b.data[gl_GlobalInvocationID.x];
    }
    else
    {
        float _44;
        if (gl_GlobalInvocationID.x < _14)
        {
            _44 = a.data[gl_GlobalInvocationID.x];
        }
        else
        {
            _44 = 0.0;
        }
        float _50;
        if (gl_GlobalInvocationID.x < _15)
        {
            _50 = b.data[gl_GlobalInvocationID.x];
        }
        else
        {
            _50 = 0.0;
        }
        if (gl_GlobalInvocationID.x < _16)
        {
            _out.data[gl_GlobalInvocationID.x] = _44 + _50;
        }
    }
}

