#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <random>

#include "product.h"
