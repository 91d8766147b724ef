"""Questions for text that the model writes itself; no file is needed. None of them is in a benchmark that acceptance is measured on."""

import random

SUBJECTS = """rain; sleep; bread; bicycles; the moon; bees; chess; volcanoes; coffee; rivers; trains; the heart; glaciers; mirrors; paper;
magnets; cheese; whales; bridges; the violin; deserts; clocks; vaccines; maps; soap; salt; the printing press; earthquakes; tea; telescopes;
friendship; a budget; a job interview; a garden; running; a small shop; recycling; a library; a holiday by the sea; a first flat""".split(";")

ASKED = """What is {}?|Explain {} to a child.|Write a short paragraph about {}.|List five facts about {}.|Give me three tips about {}.
Write a short story about {}.|Write a poem about {}.|Why does {} matter?|Compare {} with something similar.|Write an email to a friend about {}.
What are common mistakes people make with {}?|How did {} change over time?|Write a dialogue between two people about {}.|Summarise what is known about {}.
Suggest a title and an outline for an article on {}.|Write a Python function that models {} in a simple way.|Make a table of words about {} with their meanings.
What questions should I ask an expert about {}?|Write a product description for something to do with {}.|Repeat the sentence "I like {}." ten times, numbered.
Describe a day that has to do with {}.|Give step by step instructions to learn more about {}.""".replace("\n", "|").split("|")


def questions(count, seed):
    every = [form.format(subject.strip()) for form in ASKED for subject in SUBJECTS]
    random.Random(seed).shuffle(every)
    if count > len(every):
        raise SystemExit(f"There are {len(every)} questions; --answers {count} asks for more.")
    return every[:count]
