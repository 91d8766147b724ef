/**
 * Worker entry, and nothing else: WebKit runs a worker's first file once more when a chunk that comes later imports from it, and two engines
 * would answer every call. vite.config.ts keeps the engine in a file of its own.
 */
import "./engine-service.ts";
