#include "../../metal.hpp"
