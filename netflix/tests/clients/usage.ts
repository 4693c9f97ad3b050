// What a front end writes with the types that openapi-typescript makes of the schema: tsc has to understand it,
// and has to refuse what the service would refuse.
import type { components, operations, paths } from "./schema";

type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
type Body<Name extends keyof components["schemas"]> = components["schemas"][Name];
type Answer<Name extends keyof operations> = operations[Name] extends {
    responses: { 200: { content: { "application/json": infer Shape } } };
} ? Shape : never;
type Refusal = paths["/api/v1/movies/"]["post"]["responses"][409]["content"]["application/problem+json"];

export const filters: Query<"list_movies"> = { genre: ["Drama", "Crime"], certificate: ["R"], year_min: 1995 };
// @ts-expect-error  There is no such filter.
export const misspelt: Query<"list_movies"> = { gnere: ["Drama"] };

export const reminder: Body<"ReminderWriteRequest"> = { remind_at: "2026-12-24T19:15:00Z" };
export const ticket: Body<"TicketWriteRequest"> = { subject: "No sound", message: "Nothing.", category: "playback" };
// @ts-expect-error  There is no such category.
export const strange: Body<"TicketWriteRequest"> = { subject: "No sound", message: "Nothing.", category: "sound" };

export function names(page: Answer<"list_genres">): string[] {
    return page.results.map((genre) => `${genre.name} (${genre.movies})`);
}

export function credits(movie: Answer<"movie_details">): string {
    const rating: number | null = movie.imdb_rating;
    const reminded: string | null | undefined = movie.reminder?.remind_at;
    return [...movie.directors, ...movie.actors, rating ?? "not rated", reminded ?? "never"].join(", ");
}

export function moment(page: Answer<"ranking">): string | undefined {
    return page.at;
}

export function explained(problem: Refusal): string {
    return (problem.errors ?? []).map((error) => `${error.field}: ${error.detail}`).join("\n") || problem.detail;
}
