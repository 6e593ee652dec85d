"""The calendar of news: when to keep away, the price before it, and its return.

Times of events are known in advance, so that reading ahead in the schedule is no look-ahead; what was released is not
read at all. A calendar is brought in with `plan data import`.
"""
