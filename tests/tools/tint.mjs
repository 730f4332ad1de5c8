// Whether Tint agrees with our uniformity analysis:
//     build/release/tests/test_uniformity wgsl | node tint.mjs path/of/webgpu/index.js
//
// Tint must reject what we reject: it is told to look at subgroup operations, too. What it accepts we should accept.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const { create, globals } = await import(resolve(process.argv[2]));
Object.assign(globalThis, globals);

const head = `enable subgroups;
@group(0) @binding(0) var<storage, read> ro: array<u32>;
@group(0) @binding(1) var<storage, read_write> rw: array<u32>;
@group(0) @binding(2) var<uniform> un: vec4u;
var<workgroup> sh: array<u32, 64>;
var<workgroup> at: atomic<u32>;
override OV: u32 = 3;
`;
const entry = `
@compute @workgroup_size(64) fn main(
    @builtin(local_invocation_id) lid: vec3u, @builtin(local_invocation_index) lidx: u32,
    @builtin(global_invocation_id) gid: vec3u, @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nw: vec3u,
    @builtin(subgroup_size) ss: u32, @builtin(subgroup_invocation_id) sl: u32,
    @builtin(subgroup_id) si: u32, @builtin(num_subgroups) ns: u32) {
let l = lid.x;
`;

const gpu = create(['backend=null']);
const adapter = await gpu.requestAdapter();
const device = await adapter.requestDevice({ requiredFeatures: ['subgroups'] });
let wrong = 0, count = 0;
for (const [line, verdict, procs, body] of JSON.parse(readFileSync(0, 'utf8'))) {
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ code: head + procs + entry + body + '\n}\n' });
    const messages = (await module.getCompilationInfo()).messages.filter(m => m.type === 'error');
    await device.popErrorScope();
    const uniformity = messages.length > 0 && messages[0].message.includes('niform');
    count++;
    if (messages.length > 0 && !uniformity) {
        console.log(`uniformity_cases.def:${line}: ${messages[0].message}\n${body}`);
        wrong++;
    } else if (uniformity !== (verdict !== 'ACCEPT')) {
        console.log(`uniformity_cases.def:${line}: ours ${verdict}, Tint ${uniformity ? 'rejects' : 'accepts'}\n${body}`);
        wrong++;
    }
}
console.log(`${count} cases, ${wrong} differ`);
process.exit(wrong > 0 || count === 0 ? 1 : 0);
