/** What a person says of a finished program, with what it takes to tell it from the changed one. Plain data. */
export interface Correction {
  /** The goal the program was finished for. */
  goal: string;
  /** What the person said of it. */
  said: string;
  entry: string;
  /** The memory that holds the program as the answer to its goal; null when none does. */
  solution: string | null;
}
