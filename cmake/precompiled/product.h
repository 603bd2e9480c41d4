// What the contract gives others for their own (tomada/precompiled.h), and what only this tree uses everywhere.
#ifndef TOMADA_PRECOMPILED_PRODUCT_H_
#define TOMADA_PRECOMPILED_PRODUCT_H_

#include <fmt/format.h>

#include "tomada/precompiled.h"

#endif  // TOMADA_PRECOMPILED_PRODUCT_H_
