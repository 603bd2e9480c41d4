#ifndef TOMADA_PRECOMPILED_TESTS_H_
#define TOMADA_PRECOMPILED_TESTS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <random>

#include "product.h"

#endif  // TOMADA_PRECOMPILED_TESTS_H_
