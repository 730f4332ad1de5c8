/* Pictures for the examples: PNG to packed pixels and back.
 *
 *     png encode WIDTH HEIGHT IN.bin OUT.png
 *     png decode IN.png OUT.bin                  prints "WIDTH HEIGHT"
 *
 * A pixel is four bytes, red green blue alpha, which a kernel sees as one u32 with red lowest; rows from the top.
 * Any PNG can be decoded; libpng's simplified API does the conversion. Exit status: 0 fine, 1 a file is wrong or cannot be
 * read or written, 2 wrong use. */
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hostile file names any size it likes; 16384 by 16384 pixels are 1 GiB. */
enum { LONGEST_SIDE = 16384, PIXEL = 4 };

static int fail(const char *path, const char *why) {
    fprintf(stderr, "png: %s: %s\n", path, why);
    return 1;
}

/* All of a file, which must be `size` bytes long. */
static int read_pixels(const char *path, unsigned char *pixels, size_t size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail(path, strerror(errno));
    }
    size_t count = fread(pixels, 1, size, file);
    int more = fgetc(file);
    fclose(file);
    return count == size && more == EOF ? 0 : fail(path, "does not hold WIDTH x HEIGHT pixels");
}

static int write_pixels(const char *path, const unsigned char *pixels, size_t size) {
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return fail(path, strerror(errno));
    }
    int written = fwrite(pixels, 1, size, file) == size;
    if (fclose(file) != 0 || !written) {
        return fail(path, strerror(errno));
    }
    return 0;
}

static int read_side(const char *text, png_uint_32 *side) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *side = (png_uint_32)value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && value > 0 && value <= LONGEST_SIDE;
}

static int encode(char **args) {
    png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGBA};
    if (!read_side(args[0], &image.width) || !read_side(args[1], &image.height)) {
        fprintf(stderr, "png: WIDTH and HEIGHT are numbers from 1 to %d\n", LONGEST_SIDE);
        return 2;
    }
    size_t size = (size_t)image.width * image.height * PIXEL;
    unsigned char *pixels = malloc(size);
    if (pixels == NULL) {
        return fail(args[2], "not enough memory");
    }
    int status = read_pixels(args[2], pixels, size);
    if (status == 0 && !png_image_write_to_file(&image, args[3], 0, pixels, 0, NULL)) {
        status = fail(args[3], image.message);
    }
    free(pixels);
    return status;
}

static int decode_opened(png_image *image, const char *in, const char *out) {
    if (image->width > LONGEST_SIDE || image->height > LONGEST_SIDE) {
        return fail(in, "the picture is too large");
    }
    image->format = PNG_FORMAT_RGBA;
    unsigned char *pixels = malloc(PNG_IMAGE_SIZE(*image));
    if (pixels == NULL) {
        return fail(in, "not enough memory");
    }
    int status = 0;
    if (!png_image_finish_read(image, NULL, pixels, 0, NULL)) {
        status = fail(in, image->message);
    }
    if (status == 0) {
        status = write_pixels(out, pixels, PNG_IMAGE_SIZE(*image));
    }
    if (status == 0) {
        printf("%u %u\n", (unsigned)image->width, (unsigned)image->height);
    }
    free(pixels);
    return status;
}

static int decode(char **args) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&image, args[0])) {
        return fail(args[0], image.message);
    }
    int status = decode_opened(&image, args[0], args[1]);
    png_image_free(&image);
    return status;
}

int main(int argc, char **argv) {
    if (argc == 6 && strcmp(argv[1], "encode") == 0) {
        return encode(argv + 2);
    }
    if (argc == 4 && strcmp(argv[1], "decode") == 0) {
        return decode(argv + 2);
    }
    fprintf(stderr, "usage: png encode WIDTH HEIGHT IN.bin OUT.png\n"
                    "       png decode IN.png OUT.bin\n");
    return 2;
}
