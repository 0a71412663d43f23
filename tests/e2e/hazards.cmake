# What servers do to crawlers: our own table of hazards, and the hazard site where it is at hand.
# They take waiting (the pauses are those of the crawl) and next to no CPU: the site three minutes,
# so its label lets ./check go on meanwhile.
foreach(group Replies Robots Politeness Sitemaps Since Credentials)
  add_test(NAME e2e_hazards_${group}
           COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/hazards_test.py $<TARGET_FILE:weir>
                   ${group})
  set_tests_properties(e2e_hazards_${group} PROPERTIES LABELS e2e TIMEOUT 300
                       ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()

add_test(NAME e2e_hazard_site
         COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/hazard_score.py $<TARGET_FILE:weir>
                 ${CMAKE_SOURCE_DIR}/../shared/testsite)
set_tests_properties(e2e_hazard_site PROPERTIES LABELS "e2e;waiting" TIMEOUT 600 SKIP_RETURN_CODE 77)
