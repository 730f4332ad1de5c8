// Runs kernels by WebGPU: node webgpu_run.mjs path/of/webgpu/index.js < jobs
//
// A job is a line of JSON: {"file", "entry", "buffers": [base64 …], "values": base64 or "", "groups": [x, y, z]}. Buffers are
// bound at 0, 1, …, the block of values behind them (docs/wgsl.md). Prints for each {"buffers": [base64 …]} or {"error"}.
// The driver is that of VK_DRIVER_FILES.
import fs from 'node:fs';
import path from 'node:path';

const { create, globals } = await import(path.resolve(process.argv[2]));
Object.assign(globalThis, globals);
const gpu = create(['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis']);
const adapter = await gpu.requestAdapter();
if (!adapter) {
  console.error('no adapter');
  process.exit(77);
}
const features = ['shader-f16', 'subgroups'].filter(name => adapter.features.has(name));
const limits = {};
for (const name of ['maxStorageBuffersPerShaderStage', 'maxComputeInvocationsPerWorkgroup']) limits[name] = adapter.limits[name];
const device = await adapter.requestDevice({ requiredFeatures: features, requiredLimits: limits });
let lost = null;
device.addEventListener('uncapturederror', event => { lost ??= event.error.message; });

const U = globals.GPUBufferUsage;

async function run(job) {
  lost = null;
  const code = fs.readFileSync(job.file, 'utf8');
  const module = device.createShaderModule({ code });
  const of = (text, usage) => {
    const bytes = Buffer.from(text, 'base64');
    const buffer = device.createBuffer({ size: Math.max(16, (bytes.length + 3) & ~3), usage });
    if (bytes.length > 0) device.queue.writeBuffer(buffer, 0, bytes, 0, bytes.length & ~3);
    return { buffer, size: bytes.length };
  };
  const buffers = job.buffers.map(text => of(text, U.STORAGE | U.COPY_DST | U.COPY_SRC));
  const all = [...buffers];
  if (job.values) all.push(of(job.values, U.UNIFORM | U.STORAGE | U.COPY_DST));
  const types = all.map((_, n) => {
    const [, space] = code.match(new RegExp(`@binding\\(${n}\\) var<([^>]*)>`));
    return space === 'uniform' ? 'uniform' : space.includes('read_write') ? 'storage' : 'read-only-storage';
  });
  const layout = device.createBindGroupLayout({ entries: types.map((type, binding) => (
    { binding, visibility: globals.GPUShaderStage.COMPUTE, buffer: { type } })) });
  const pipeline = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }), compute: { module, entryPoint: job.entry } });
  const group = device.createBindGroup({ layout, entries: all.map(({ buffer, size }, binding) => (
    { binding, resource: { buffer, size: Math.max(size, 4) } })) });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...job.groups);
  pass.end();
  const reads = buffers.map(({ buffer }) => {
    const to = device.createBuffer({ size: buffer.size, usage: U.MAP_READ | U.COPY_DST });
    encoder.copyBufferToBuffer(buffer, 0, to, 0, buffer.size);
    return to;
  });
  device.queue.submit([encoder.finish()]);
  const results = [];
  for (const [n, to] of reads.entries()) {
    await to.mapAsync(globals.GPUMapMode.READ);
    results.push(Buffer.from(to.getMappedRange().slice(0, buffers[n].size)).toString('base64'));
    to.unmap();
  }
  return lost ? { error: lost } : { buffers: results };
}

for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  let result;
  try {
    result = await run(JSON.parse(line));
  } catch (error) {
    result = { error: String(error.message ?? error) };
  }
  console.log(JSON.stringify(result));
}
process.exit(gpu && device ? 0 : 1);
