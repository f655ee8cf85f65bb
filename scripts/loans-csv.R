#!/usr/bin/env Rscript
# Writes the loans that ship with the demo, from Debian's package r-cran-modeldata, as plain CSV:
#
#   apt-get install r-base-core r-cran-modeldata
#   Rscript scripts/loans-csv.R > gateway-app/demo/data/loans.csv
#
# Every row and every column, in the package's own order; nothing is rounded, renamed or left out.
options(digits = 15, scipen = 100)
figures <- new.env()
utils::data("lending_club", package = "modeldata", envir = figures)
utils::write.csv(as.data.frame(figures$lending_club), stdout(),
                 row.names = FALSE, quote = FALSE)
