// Numbers and times as people read them; digits follow what the library says of a metric.

export function number(value, decimals) {
  if (value === null || value === undefined) return "-";
  return decimals === undefined ? String(Number(value.toPrecision(6))) : value.toFixed(decimals);
}

export function signed(value, decimals) {
  return value === null || value === undefined ? "-" : (value > 0 ? "+" : "") + number(value, decimals);
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "-";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

export function clock(us) {
  return us ? new Date(us / 1000).toLocaleString() : "-";
}
