#include "dispatch_world.h"
int main(void) { return 0; }
