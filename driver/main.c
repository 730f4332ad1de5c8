#include "driver/commands.h"

int main(int argc, char **argv) {
    return vittec_main(argc, argv);
}
