/* Lets particles fall on the GPU, and on the CPU to compare: what a program with kernels of its own looks like.
 * particle_kernels.h is made from particles.vt and sum.vt by the build. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "particle_kernels.h"

enum { COUNT = 10000, STEPS = 100, BLOCK = 128, BLOCKS = (COUNT + BLOCK - 1) / BLOCK };

static const float step_s = 0.01F;

static void log_line(void *user, VtgLogLevel level, const char *message) {
    (void)user;
    if (level <= VTG_LOG_WARNING) {
        fprintf(stderr, "%s\n", message);
    }
}

static void check(VtgStatus status) {
    if (status < 0) { /* the log has said why */
        fprintf(stderr, "%s\n", vtg_status_text(status));
        exit(1);
    }
}

static void fall(VtgParticle *p) {
    p->speed.y -= 9.81F * step_s;
    p->place.x += p->speed.x * step_s;
    p->place.y += p->speed.y * step_s;
    p->place.z += p->speed.z * step_s;
    if (p->place.y < 0) {
        p->place.y = -p->place.y;
        p->speed.y = -p->speed.y;
    }
}

int main(void) {
    static VtgParticle particles[COUNT];
    for (int i = 0; i < COUNT; i++) {
        particles[i].place.y = (float)(i % 100) * 0.1F;
        particles[i].speed.x = (float)(i % 7);
        particles[i].mass = 1.0F + (float)(i % 3);
    }

    /* the best device, and the kernels, which are in the program */
    VtgInstanceDesc instance = VTG_INSTANCE_DESC_INIT;
    instance.log = log_line;
    VtgOpenDesc open = VTG_OPEN_DESC_INIT;
    open.instance = &instance;
    VtgDevice *device;
    VtgBundle *bundle;
    VtgFall fall_kernel;
    VtgEnergies energies_kernel;
    VtgSum sum_kernel;
    VtgSumSpecs specs = VTG_SUM_SPECS_INIT;
    specs.BLOCK = BLOCK;
    check(vtg_open(&open, &device));
    check(particle_kernels_open(device, &bundle));
    check(vtg_fall_create(device, bundle, &fall_kernel));
    check(vtg_energies_create(device, bundle, &energies_kernel));
    check(vtg_sum_create(device, bundle, &specs, &sum_kernel));

    VtgBufferParticle on_device;
    VtgBufferF32 energies, sums;
    check(vtg_buffer_particle_create(device, COUNT, &on_device));
    check(vtg_buffer_f32_create(device, COUNT, &energies));
    check(vtg_buffer_f32_create(device, BLOCKS, &sums));
    check(vtg_buffer_particle_write(on_device, 0, particles, COUNT));

    /* what depends on each other runs in order; nobody waits before the result is read */
    VtgGrid grid = {COUNT, 1, 1};
    for (int step = 0; step < STEPS; step++) {
        check(vtg_fall(fall_kernel, &(VtgFallArgs){on_device, step_s}, grid, NULL));
    }
    check(vtg_energies(energies_kernel, &(VtgEnergiesArgs){on_device, energies}, grid, NULL));
    check(vtg_sum(sum_kernel, &(VtgSumArgs){energies, sums}, grid, NULL));
    float parts[BLOCKS];
    check(vtg_buffer_f32_read(sums, 0, parts, BLOCKS));

    double got = 0, want = 0;
    for (int i = 0; i < BLOCKS; i++) {
        got += (double)parts[i];
    }
    for (int i = 0; i < COUNT; i++) {
        for (int step = 0; step < STEPS; step++) {
            fall(&particles[i]);
        }
        const VtgParticle *p = &particles[i];
        want += 0.5 * (double)(p->mass * (p->speed.x * p->speed.x + p->speed.y * p->speed.y +
                                          p->speed.z * p->speed.z));
    }
    printf("%s: %.0f J, the CPU has %.0f J\n", vtg_device_get_info(device)->name, got, want);

    vtg_buffer_particle_destroy(on_device);
    vtg_buffer_f32_destroy(energies);
    vtg_buffer_f32_destroy(sums);
    vtg_fall_destroy(fall_kernel);
    vtg_energies_destroy(energies_kernel);
    vtg_sum_destroy(sum_kernel);
    vtg_bundle_destroy(bundle);
    vtg_device_destroy(device);
    return fabs(got - want) < 1e-3 * want ? 0 : 1;
}
