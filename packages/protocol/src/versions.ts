/** Versions of what peers say to each other; in a file without schemas, as a donor's page says them before it joins. */

/** Of measurements of links; a member with another number is not measured. */
export const PROBE_VERSION = 1;
