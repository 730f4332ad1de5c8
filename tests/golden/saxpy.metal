#include <metal_stdlib>
#include <simd/simd.h>

using namespace metal;

struct buffer_f32
{
    float data[1];
};

struct saxpy_values
{
    float a;
};

kernel void saxpy(constant uint* spvBufferSizeConstants [[buffer(3)]], const device buffer_f32& __restrict x [[buffer(0)]], device buffer_f32& __restrict y [[buffer(1)]], constant saxpy_values& values [[buffer(2)]], uint3 gl_GlobalInvocationID [[thread_position_in_grid]])
{
    constant uint& xBufferSize = spvBufferSizeConstants[0];
    constant uint& yBufferSize = spvBufferSizeConstants[1];
    float _35;
    if (gl_GlobalInvocationID.x < ((xBufferSize - 0) / 4))
    {
        _35 = x.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _35 = 0.0;
    }
    bool _37 = gl_GlobalInvocationID.x < ((yBufferSize - 0) / 4);
    float _42;
    if (_37)
    {
        _42 = y.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _42 = 0.0;
    }
    if (_37)
    {
        y.data[gl_GlobalInvocationID.x] = (values.a * _35) + _42;
    }
}

