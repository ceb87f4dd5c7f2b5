# What the fuzz targets reach, so that their build (PHAROS_FUZZ) does not compile the rest of the product under ASan. A
# new target that ends with "undefined symbol" needs a file that is left out here.
#   pharos_unfuzzed_MODULE   a regular expression of files and folders without the sources no target reaches
#   pharos_fuzzed_MODULE     the same of the few sources that are reached
# Whole modules are what their own tests run under ASan (ASAN_MODULES of tools/run_tests.py): PHAROS_FUZZ_WHOLE for all.
set(pharos_unfuzzed_query "eval/.*|engine|memory_store|promql/reach")
set(pharos_unfuzzed_scrape "discovery(_dns|_file|_http|_kubernetes)?|dns_resolver|refresh_timers|scrape_(manager|pool|schedule)|target|target_scrape|host/(cgroups|host_collector|processes)|kubernetes/(access|watch)")
set(pharos_unfuzzed_ingest "merged_querier|pushgateway|remote_querier|remote_read")
set(unfuzzed_rules
  "(backtest|edited|lint|noise|sender)/.*"
  "evaluation/(active_alert|alerting_rule|group_runner|ingest_loop|recording_rule|rule_access|rule_group|rule_manager)"
  "notify/(alert_store|core_[a-z]+|inhibitor|matcher_index|silences)"
  "oncall/(acknowledgements|escalation|escalation_book|heartbeats|maintenance|oncall|rota)"
  "receivers/(attachments|chat|email|integrations|jira|opsgenie|pagerduty|paging|receiver_memory|slack|teams|ticket|webhook|wechat)"
  "unit_test/(comparison|test_run)")
list(JOIN unfuzzed_rules "|" pharos_unfuzzed_rules)
set(pharos_unfuzzed_sim "driver|front|virtual_run")
set(pharos_fuzzed_dashboards "dashboard")
set(pharos_fuzzed_api "answer|parameters|alertmanager/alert_scan|live/live_request")
set(pharos_fuzzed_server "config|config_remote|config_sections|dashboard_lint|dashboard_variables")

# pharos_fuzzed(MODULE VARIABLE): the sources in VARIABLE without what this build does not need.
function(pharos_fuzzed module variable)
  set(kept ${${variable}})
  if(PHAROS_FUZZ AND NOT PHAROS_FUZZ_WHOLE)
    if(DEFINED pharos_fuzzed_${module})
      list(FILTER kept INCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/(${pharos_fuzzed_${module}})\\.cpp$")
    endif()
    if(DEFINED pharos_unfuzzed_${module})
      list(FILTER kept EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/(${pharos_unfuzzed_${module}})\\.cpp$")
    endif()
  endif()
  set(${variable} ${kept} PARENT_SCOPE)
endfunction()
