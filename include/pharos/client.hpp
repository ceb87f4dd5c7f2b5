// All of the client library but OTLP (otlp.hpp, a second library) and the DWCP instruments (dwcp/).
#pragma once
#include "pharos/counter.hpp"
#include "pharos/definition.hpp"
#include "pharos/exporter.hpp"
#include "pharos/gauge.hpp"
#include "pharos/histogram.hpp"
#include "pharos/log.hpp"
#include "pharos/page.hpp"
#include "pharos/problem.hpp"
#include "pharos/reading.hpp"
#include "pharos/registry.hpp"
#include "pharos/trace.hpp"
#include "pharos/trace_context.hpp"
