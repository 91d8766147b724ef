/** Of this server's answer at `path`. */
export function policyFor(path: string): string;
/** Of a page that is served elsewhere and uses the rooms of that origin, for its `<meta>`. */
export function staticPolicy(signalOrigin: string): string;
