// The reference backend and the comparison helpers of the tests live here.
