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

#line 2 "tests/golden/saxpy.vt"
kernel void saxpy(constant uint* spvBufferSizeConstants [[buffer(3)]], const device buffer_f32& __restrict x [[buffer(0)]], device buffer_f32& __restrict y [[buffer(1)]], constant saxpy_values& values [[buffer(2)]], uint3 gl_GlobalInvocationID [[thread_position_in_grid]])
{
    constant uint& xBufferSize = spvBufferSizeConstants[0];
    constant uint& yBufferSize = spvBufferSizeConstants[1];
#line 2 "tests/golden/saxpy.vt"
    uint _21 = (yBufferSize - 0) / 4;
#line 3 "tests/golden/saxpy.vt"
    float _35;
    if (gl_GlobalInvocationID.x < ((xBufferSize - 0) / 4))
    {
#line 3 "tests/golden/saxpy.vt"
        _35 = x.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _35 = 0.0;
    }
#line 3 "tests/golden/saxpy.vt"
#line 3 "tests/golden/saxpy.vt"
    float _42;
    if (gl_GlobalInvocationID.x < _21)
    {
#line 3 "tests/golden/saxpy.vt"
        _42 = y.data[gl_GlobalInvocationID.x];
    }
    else
    {
        _42 = 0.0;
    }
#line 3 "tests/golden/saxpy.vt"
#line 3 "tests/golden/saxpy.vt"
    if (gl_GlobalInvocationID.x < _21)
    {
#line 3 "tests/golden/saxpy.vt"
        y.data[gl_GlobalInvocationID.x] = (values.a * _35) + _42;
    }
#line 2 "tests/golden/saxpy.vt"
}

