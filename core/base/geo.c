/* Distance on the earth. Any thread. */
#include <math.h>

#include "fengqiao.h"

double fq_distance_m(double lon1, double lat1, double lon2, double lat2) {
  const double rad = M_PI / 180, mean_radius_m = 6371008.8; /* IUGG mean radius */
  double a = sin((lat2 - lat1) * rad / 2), b = sin((lon2 - lon1) * rad / 2);
  double h = a * a + cos(lat1 * rad) * cos(lat2 * rad) * b * b;
  return 2 * mean_radius_m * asin(sqrt(h > 1 ? 1 : h));
}
