#include "../../metal.h"
