/** Name → version of what results depend on; put in by the build. */
declare const JUPITER_VERSIONS: Record<string, string>;
